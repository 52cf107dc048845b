import { createHash } from 'node:crypto';
import type { Redis } from 'ioredis';

const WINDOW_MS = 15 * 60_000;
const LIMITS = { account: 10, address: 60 };

/**
 * Counts failed logins per account and per address over 15 minutes, in Redis, so that all api processes agree.
 * While Redis is away nobody can log in: the calls reject.
 */
export function createLoginLimits(redis: Redis, namespace: string) {
  const keyOf = (kind: keyof typeof LIMITS, value: string) =>
    `${namespace}:login:${kind}:${createHash('sha256').update(value.toLowerCase()).digest('hex').slice(0, 32)}`;

  return {
    /** Counts one try before its password is checked; returns seconds to wait when there were too many, else 0. */
    async take(account: string, address: string): Promise<number> {
      const waits = await Promise.all([
        count(redis, keyOf('account', account), LIMITS.account),
        count(redis, keyOf('address', address), LIMITS.address),
      ]);
      return Math.max(...waits);
    },

    /** A login that succeeded was no guess: it does not count. */
    async giveBack(account: string, address: string): Promise<void> {
      await redis.multi().del(keyOf('account', account)).decr(keyOf('address', address)).exec();
    },
  };
}

async function count(redis: Redis, key: string, limit: number): Promise<number> {
  const results = await redis.multi().set(key, 0, 'PX', WINDOW_MS, 'NX').incr(key).pttl(key).exec();
  const [, tries, ttlMs] = (results ?? []).map(([error, value]) => {
    if (error) throw error;
    return Number(value);
  });
  if (tries === undefined || ttlMs === undefined) throw new Error('redis left the login count unanswered');
  return tries > limit ? Math.max(1, Math.ceil(ttlMs / 1000)) : 0;
}
