import { Redis, type RedisOptions } from 'ioredis';
import { messageOf, UserError } from '../errors.ts';
import { type Log, maskUrl } from '../log.ts';

/**
 * A connection for commands that someone waits for: fails at once while Redis is away instead of piling up.
 * Errors are logged once per outage; ioredis reconnects by itself.
 */
export function connectRedis(url: string, log: Log, options: RedisOptions = {}): Redis {
  const redis = new Redis(url, {
    maxRetriesPerRequest: 1,
    enableOfflineQueue: false,
    retryStrategy: (attempt) => Math.min(1_000, 50 * attempt),
    ...options,
  });
  let down = false;
  redis.on('error', (error) => {
    if (!down) log.warn({ reason: error.message }, 'redis is away');
    down = true;
  });
  redis.on('ready', () => {
    if (down) log.info('redis is back');
    down = false;
  });
  return redis;
}

/** A connection for workers, which wait for Redis however long it is away. */
export const connectBlockingRedis = (url: string, log: Log): Redis =>
  connectRedis(url, log, { maxRetriesPerRequest: null, enableOfflineQueue: true });

/**
 * Waits until Redis answers and checks what the queues rely on: it may not evict keys and must keep an append-only file.
 * @throws {UserError} naming `REDIS_URL` and the remedy
 */
export async function checkRedis(url: string, { timeoutMs = 5_000 } = {}): Promise<void> {
  const shown = maskUrl(url) ?? 'REDIS_URL';
  const redis = new Redis(url, {
    lazyConnect: true,
    retryStrategy: () => null,
    connectTimeout: timeoutMs,
    maxRetriesPerRequest: 0,
  });
  let reason: string | undefined;
  redis.on('error', (error) => {
    reason ??= messageOf(error);
  });
  try {
    await redis.connect().catch((error: Error) => {
      const why = reason ?? error.message;
      if (why.startsWith('NOAUTH'))
        throw new UserError(
          `REDIS_URL=${shown} is refused without a password: write it as redis://:PASSWORD@host:port`,
        );
      throw new UserError(`REDIS_URL=${shown} cannot be reached (${why}): start that Redis or mend the URL`);
    });
    const policy = await configValue(redis, 'maxmemory-policy');
    if (policy !== undefined && policy !== 'noeviction') {
      throw new UserError(
        `REDIS_URL=${shown} evicts keys (maxmemory-policy ${policy}), which loses jobs: run "redis-cli CONFIG SET maxmemory-policy noeviction" or set it in redis.conf`,
      );
    }
    const appendOnly = await configValue(redis, 'appendonly');
    if (appendOnly !== undefined && appendOnly !== 'yes') {
      throw new UserError(
        `REDIS_URL=${shown} keeps no append-only file, so a restart loses jobs: run "redis-cli CONFIG SET appendonly yes" or set it in redis.conf`,
      );
    }
  } finally {
    redis.disconnect();
  }
}

/** A setting of the server; undefined where a managed Redis forbids CONFIG. */
async function configValue(redis: Redis, name: string): Promise<string | undefined> {
  try {
    const [, value] = (await redis.config('GET', name)) as string[];
    return value;
  } catch {
    const info = await redis.info('memory').catch(() => '');
    return name === 'maxmemory-policy' ? info.match(/maxmemory_policy:(\S+)/)?.[1] : undefined;
  }
}
