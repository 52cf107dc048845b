import { loadConfig } from '../../shared/config.ts';
import { createLog } from '../../shared/log.ts';
import { createMetrics } from '../../shared/metrics.ts';
import { LockClient } from '../../shared/queue/lock.ts';
import { Queues } from '../../shared/queue/queues.ts';
import type { TaskContext } from '../../workers/context.ts';
import type { TestDatabase, TestRedis } from './services.ts';

/** What a handler gets, on a real database and Redis, for tests that call one without a pool. */
export function testContext(
  db: TestDatabase,
  redis: TestRedis,
  settings: Record<string, string> = {},
): TaskContext {
  const config = loadConfig({ ...settings, NAMESPACE: 'millrace', LOG_LEVEL: 'fatal' });
  return {
    config,
    sql: db.sql,
    redis: redis.redis,
    queues: new Queues(redis.redis, { prefix: config.NAMESPACE, shards: config.SHARDS }),
    locks: new LockClient(redis.redis, config.NAMESPACE),
    metrics: createMetrics('test'),
    log: createLog('test', 'fatal'),
    leases: new Map(),
    id: 'test',
    attempt: 1,
    worker: 'test',
    signal: new AbortController().signal,
    async progress() {},
  };
}
