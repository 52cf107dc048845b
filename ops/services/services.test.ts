import { chmodSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Redis } from 'ioredis';
import { createSql } from '../../shared/db/client.ts';
import { isAlive } from '../../shared/processes.ts';
import { checkRedis } from '../../shared/queue/redis.ts';
import { startPostgres } from './postgres.ts';
import { startRedis } from './redis.ts';
import type { Service } from './service.ts';

/** Below a folder that only its owner may enter, as a clone in `/root` or `mktemp -d` is. */
let home: string;
const running: Service[] = [];
const options = () => ({ home, say: () => {} });

beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'millrace-services-'));
  chmodSync(home, 0o700);
});
afterAll(async () => {
  await Promise.all(running.map((service) => service.stop()));
  rmSync(home, { recursive: true, force: true });
});

async function query(url: string, statement: string) {
  const sql = createSql(url, { name: 'test', max: 1 });
  return sql.unsafe(statement).finally(() => sql.end());
}

test('PostgreSQL keeps its data, address and durable commits over kill -9, an orphan of it is stopped', async () => {
  const first = await startPostgres(options());
  await query(first.url, 'CREATE TABLE wheel AS SELECT 7 AS spokes');
  process.kill(first.pid, 'SIGKILL');
  await first.exited;

  const second = await startPostgres(options());
  expect(second.url).toBe(first.url);
  const third = await startPostgres(options());
  running.push(third);
  expect(await second.exited).toBe('exit code 0');
  expect(await query(third.url, 'SELECT spokes FROM wheel')).toMatchObject([{ spokes: 7 }]);
  expect(await query(third.url, 'SHOW synchronous_commit')).toMatchObject([{ synchronousCommit: 'on' }]);
});

test('PostgreSQL lets nobody in without its password, which only its owner can read', async () => {
  const [service] = running;
  const stranger = Object.assign(new URL(service?.url ?? ''), { password: 'guess' }).toString();
  await expect(query(stranger, 'SELECT 1')).rejects.toThrow(/password authentication failed/);
  expect(statSync(join(home, 'secrets/postgres')).mode & 0o777).toBe(0o600);
});

test('Redis keeps its keys and address over kill -9, an orphan of it is stopped, and it suits the queues', async () => {
  const first = await startRedis(options());
  const redis = new Redis(first.url);
  redis.on('error', () => {});
  await redis.set('wheel', 'turns');
  expect(await redis.config('GET', 'appendfsync')).toEqual(['appendfsync', 'everysec']);
  process.kill(first.pid, 'SIGKILL');
  await first.exited;

  const second = await startRedis(options());
  expect(second.url).toBe(first.url);
  const third = await startRedis(options());
  running.push(third);
  expect(await second.exited).toBe('exit code 0');
  expect(isAlive(third.pid)).toBe(true);
  await checkRedis(third.url);
  expect(await redis.get('wheel')).toBe('turns');
  redis.disconnect();
});
