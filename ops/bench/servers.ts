import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { type Config, loadConfig } from '../../shared/config.ts';
import { createSql, type Sql } from '../../shared/db/client.ts';
import { checkDatabase } from '../../shared/db/server.ts';
import type { Releasers } from '../../shared/lifecycle.ts';
import { checkRedis } from '../../shared/queue/redis.ts';
import { migrateUp } from '../migrations.ts';
import { startPostgres } from '../services/postgres.ts';
import { startRedis } from '../services/redis.ts';

/** What a bench runs on: a folder, a database and a namespace of its own, gone when it is over. */
export interface BenchServers {
  config: Config & { REDIS_URL: string; TIMESCALEDB_URL: string };
  sql: Sql;
  redis: Redis;
  /** Settings that decide what the figures mean. */
  durability: Record<string, string>;
}

/**
 * PostgreSQL and Redis of `TIMESCALEDB_URL` and `REDIS_URL` where they are set, else ones of our own in a temporary
 * folder, with the settings that `millrace up` runs them with.
 */
export async function startServers(say: (text: string) => void, releasers: Releasers): Promise<BenchServers> {
  const given = loadConfig();
  const home = mkdtempSync(join(tmpdir(), 'millrace-bench-'));
  releasers.push('folder', () => rmSync(home, { recursive: true, force: true }));
  chmodSync(home, 0o755);
  mkdirSync(join(home, 'logs'));
  const redisUrl = given.REDIS_URL ?? (await ownRedis(home, say, releasers));
  const serverUrl = given.TIMESCALEDB_URL ?? (await ownPostgres(home, say, releasers));
  await Promise.all([checkRedis(redisUrl), checkDatabase(serverUrl)]);

  const name = `bench-${randomBytes(4).toString('hex')}`;
  const url = await ownDatabase(serverUrl, name.replace('-', '_'), releasers);
  const sql = createSql(url, { name: 'bench', max: 2 });
  releasers.push('postgres', () => sql.end({ timeout: 2 }));
  const redis = new Redis(redisUrl, { maxRetriesPerRequest: null });
  releasers.push('redis', async () => {
    await forget(redis, name);
    redis.disconnect();
  });
  const config = {
    ...given,
    REDIS_URL: redisUrl,
    TIMESCALEDB_URL: url,
    NAMESPACE: name,
    MILLRACE_HOME: home,
    LOG_LEVEL: 'warn' as const,
  };
  return { config, sql, redis, durability: await durabilityOf(sql, redis) };
}

async function ownRedis(home: string, say: (text: string) => void, releasers: Releasers): Promise<string> {
  const service = await startRedis({ home, say });
  releasers.push('redis server', () => service.stop());
  return service.url;
}

async function ownPostgres(home: string, say: (text: string) => void, releasers: Releasers): Promise<string> {
  const service = await startPostgres({ home, say });
  releasers.push('postgres server', () => service.stop());
  return service.url;
}

async function ownDatabase(serverUrl: string, name: string, releasers: Releasers): Promise<string> {
  const admin = createSql(serverUrl, { name: 'bench admin', max: 1 });
  await admin.unsafe(`CREATE DATABASE ${name}`);
  releasers.push('database', async () => {
    await admin.unsafe(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    await admin.end();
  });
  const url = Object.assign(new URL(serverUrl), { pathname: `/${name}` }).toString();
  await migrateUp(url);
  return url;
}

/** Deletes what a namespace left in Redis. */
export async function forget(redis: Redis, namespace: string): Promise<void> {
  for await (const keys of redis.scanStream({ match: `${namespace}:*`, count: 1_000 })) {
    if (keys.length > 0) await redis.unlink(keys);
  }
}

async function durabilityOf(sql: Sql, redis: Redis): Promise<Record<string, string>> {
  const [row] = await sql<{ commit: string; version: string; hypertables: boolean }[]>`
    SELECT current_setting('synchronous_commit') AS commit, current_setting('server_version') AS version,
      EXISTS (SELECT FROM pg_extension WHERE extname = 'timescaledb') AS hypertables`;
  const setting = async (name: string) =>
    ((await redis.config('GET', name).catch(() => [])) as string[])[1] ?? '?';
  return {
    postgres: row?.version ?? '?',
    synchronousCommit: row?.commit ?? '?',
    tables: row?.hypertables ? 'hypertables' : 'partitions',
    redisAppendOnly: await setting('appendonly'),
    redisAppendFsync: await setting('appendfsync'),
  };
}
