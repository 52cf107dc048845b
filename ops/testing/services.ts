import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { Redis } from 'ioredis';
import { createSql, type Sql } from '../../shared/db/client.ts';
import { isAlive } from '../../shared/processes.ts';
import { migrateUp } from '../migrations.ts';

/** A migrated database of a test file's own, on the server of `TIMESCALEDB_URL`. */
export interface TestDatabase {
  url: string;
  sql: Sql;
  /** Closes the pool and drops the database. */
  drop(): Promise<void>;
}

export async function testDatabase(): Promise<TestDatabase> {
  const database = await emptyDatabase();
  await migrateUp(database.url);
  return database;
}

/** The same without a schema. */
export async function emptyDatabase(): Promise<TestDatabase> {
  const server = serverUrl('TIMESCALEDB_URL');
  const name = `millrace_test_${randomBytes(6).toString('hex')}`;
  const admin = createSql(server, { name: 'test admin', max: 1 });
  await admin.unsafe(`CREATE DATABASE ${name}`);
  const url = Object.assign(new URL(server), { pathname: `/${name}` }).toString();
  const sql = createSql(url, { name: 'test', max: 4 });
  return {
    url,
    sql,
    async drop() {
      await sql.end({ timeout: 2 });
      await admin.unsafe(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
      await admin.end();
    },
  };
}

/** An empty logical database of the Redis at `REDIS_URL`, claimed for one test file. */
export interface TestRedis {
  url: string;
  redis: Redis;
  /** Empties the claimed database and disconnects. */
  close(): Promise<void>;
}

export async function testRedis(): Promise<TestRedis> {
  const server = serverUrl('REDIS_URL');
  for (let db = 15; db > 0; db--) {
    const url = Object.assign(new URL(server), { pathname: `/${db}` }).toString();
    const redis = new Redis(url, { maxRetriesPerRequest: null });
    if (await claim(redis)) {
      return {
        url,
        redis,
        async close() {
          await redis.flushdb();
          redis.disconnect();
        },
      };
    }
    redis.disconnect();
  }
  throw new Error(`no empty logical database on ${server}: the tests need one of 1 to 15`);
}

const CLAIM = 'millrace-test-claim';

/** Takes an empty database, or one that a test of ours left behind when it died. */
async function claim(redis: Redis): Promise<boolean> {
  const [host, pid] = (await redis.get(CLAIM))?.split(' ') ?? [];
  if (host === hostname() && !isAlive(Number(pid))) await redis.flushdb();
  if ((await redis.dbsize()) > 0) return false;
  const claimed = await redis.set(CLAIM, `${hostname()} ${process.pid}`, 'NX');
  return claimed !== null && (await redis.dbsize()) === 1;
}

function serverUrl(name: 'TIMESCALEDB_URL' | 'REDIS_URL'): string {
  const url = process.env[name];
  if (!url) throw new Error(`${name} is not set: run the tests with "npm test", which starts the services`);
  return url;
}
