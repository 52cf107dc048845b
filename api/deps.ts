import type { Redis } from 'ioredis';
import type { Config } from '../shared/config.ts';
import type { Sql } from '../shared/db/client.ts';
import type { Log } from '../shared/log.ts';
import type { Metrics } from '../shared/metrics.ts';
import type { Prices } from '../shared/prices/prices.ts';
import type { Queues } from '../shared/queue/queues.ts';
import type { createLoginLimits } from './auth/login-limits.ts';
import type { Tokens } from './auth/tokens.ts';
import type { Readiness } from './status/readiness.ts';

/** What the api process holds and every route may use. */
export interface ApiDeps {
  config: Config;
  log: Log;
  sql: Sql;
  /** Fails at once while Redis is away. */
  redis: Redis;
  queues: Queues;
  prices: Prices;
  metrics: Metrics;
  tokens: Tokens;
  loginLimits: ReturnType<typeof createLoginLimits>;
  /** What `/readyz` says. */
  readiness: () => Promise<Readiness>;
}
