import type { Redis } from 'ioredis';
import { ExecutionError, type Lock, Redlock, ResourceLockedError } from 'redlock';

/**
 * A Redlock lock on one Redis: it keeps contenders from wasting work, no more. What makes a stale holder's write
 * fail is the lease in PostgreSQL (`shared/db/leases.ts`).
 * https://redis.io/docs/latest/develop/clients/patterns/distributed-locks/
 */
export class LockClient {
  readonly #redlock: Redlock;
  readonly #namespace: string;

  constructor(redis: Redis, namespace: string) {
    this.#redlock = new Redlock([redis], { retryCount: 0, db: redis.options.db ?? 0 });
    this.#namespace = namespace;
  }

  /** Takes the lock for `ttlMs`, or returns undefined at once when another has it. */
  async tryAcquire(key: string, ttlMs: number): Promise<Lock | undefined> {
    try {
      return await this.#redlock.acquire([`${this.#namespace}:lock:${key}`], ttlMs);
    } catch (error) {
      if (error instanceof ResourceLockedError || error instanceof ExecutionError) return undefined;
      throw error;
    }
  }
}

export type { Lock };
