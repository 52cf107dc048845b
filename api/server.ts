import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { Redis } from 'ioredis';
import { type Config, requireSetting } from '../shared/config.ts';
import { createSql } from '../shared/db/client.ts';
import { UserError } from '../shared/errors.ts';
import type { Releasers } from '../shared/lifecycle.ts';
import type { Log } from '../shared/log.ts';
import { createMetrics } from '../shared/metrics.ts';
import { Prices } from '../shared/prices/prices.ts';
import { startHeartbeat } from '../shared/queue/heartbeat.ts';
import { Queues } from '../shared/queue/queues.ts';
import { connectBlockingRedis, connectRedis } from '../shared/queue/redis.ts';
import { createApp } from './app.ts';
import { ensureFirstAdmin } from './auth/first-admin.ts';
import { createLoginLimits } from './auth/login-limits.ts';
import { createTokens } from './auth/tokens.ts';
import type { ApiDeps } from './deps.ts';
import { serveLive } from './live/live.ts';
import { createReadiness } from './status/readiness.ts';

const REDIS_WAIT_MS = 2_000;

/**
 * The api process: REST, live stream, console, docs and board on `HOST:PORT`, until its releasers close.
 * Redis may be away at the start; PostgreSQL must be there.
 * @throws {UserError} naming the setting, when SESSION_SECRET is missing or the port is taken
 */
export async function startApi(config: Config, log: Log, releasers: Releasers): Promise<Server> {
  const redisUrl = requireSetting(config, 'REDIS_URL');
  const tokens = createTokens(requireSetting(config, 'SESSION_SECRET'));
  const sql = createSql(requireSetting(config, 'TIMESCALEDB_URL'), { name: 'api', max: 8 });
  releasers.push('postgres', () => sql.end({ timeout: 5 }));
  const redis = connectRedis(redisUrl, log);
  releasers.push('redis', () => redis.disconnect());
  const subscriber = connectBlockingRedis(redisUrl, log);
  releasers.push('redis for the live stream', () => subscriber.disconnect());
  await untilReady(redis);

  const queues = new Queues(redis, { prefix: config.NAMESPACE, shards: config.SHARDS });
  releasers.push('queues', () => queues.close());
  const metrics = createMetrics('api');
  const held = { config, log, sql, redis, queues, metrics, tokens };
  const deps: ApiDeps = {
    ...held,
    prices: new Prices({ redis, sql, namespace: config.NAMESPACE }),
    loginLimits: createLoginLimits(redis, config.NAMESPACE),
    readiness: createReadiness(held),
  };
  await ensureFirstAdmin(sql, config);

  const server = await listen(createServer(createApp(deps)), config);
  releasers.push('http server', () => close(server));
  await serveLive(server, subscriber, deps, releasers);
  const heartbeat = startHeartbeat(redis, config.NAMESPACE, {
    kind: 'api',
    name: 'api',
    metrics: metrics.registry,
  });
  releasers.push('heartbeat', () => heartbeat.stop());
  log.info({ host: config.HOST, port: config.PORT }, 'api is ready');
  return server;
}

/** Gives Redis a moment, so that the first requests find it; without it the api starts all the same. */
async function untilReady(redis: Redis): Promise<void> {
  if (redis.status === 'ready') return;
  await once(redis, 'ready', { signal: AbortSignal.timeout(REDIS_WAIT_MS) }).catch(() => {});
}

function listen(server: Server, { HOST, PORT }: Config): Promise<Server> {
  server.headersTimeout = 10_000;
  server.requestTimeout = 15_000;
  server.maxConnections = 2_000;
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(explain(error, HOST, PORT)));
    server.listen(PORT, HOST, () => resolve(server));
  });
}

function explain(error: NodeJS.ErrnoException, host: string, port: number): Error {
  if (error.code === 'EADDRINUSE')
    return new UserError(`PORT=${port} is in use on ${host}: stop what listens there or set another PORT`);
  if (error.code === 'EACCES')
    return new UserError(`PORT=${port} may not be opened by this user: set PORT to 1024 or more`);
  if (error.code === 'EADDRNOTAVAIL' || error.code === 'ENOTFOUND')
    return new UserError(`HOST=${host} is no address of this machine: set HOST to 127.0.0.1 or 0.0.0.0`);
  return error;
}

/** Lets running requests end for three seconds, then cuts them. */
async function close(server: Server): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeIdleConnections();
  const cut = setTimeout(() => server.closeAllConnections(), 3_000);
  await closed;
  clearTimeout(cut);
}
