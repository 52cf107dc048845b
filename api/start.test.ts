import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { SESSION_SECRET } from '../ops/testing/api.ts';
import { type TestDatabase, type TestRedis, testDatabase, testRedis } from '../ops/testing/services.ts';
import { loadConfig } from '../shared/config.ts';
import { findUserWithHash } from '../shared/db/users.ts';
import { Releasers } from '../shared/lifecycle.ts';
import { createLog } from '../shared/log.ts';
import { ensureFirstAdmin } from './auth/first-admin.ts';
import { checkPassword, hashPassword } from './auth/passwords.ts';
import { startApi } from './server.ts';

let db: TestDatabase;
let redis: TestRedis;
beforeAll(async () => {
  [db, redis] = await Promise.all([testDatabase(), testRedis()]);
});
afterAll(() => Promise.all([db.drop(), redis.close()]));

const log = createLog('test', 'fatal');

/** What starting with these settings throws, after everything is released. */
async function startError(settings: Record<string, string>): Promise<unknown> {
  const releasers = new Releasers(log);
  const config = loadConfig({ TIMESCALEDB_URL: db.url, REDIS_URL: redis.url, ...settings });
  const error = await startApi(config, log, releasers).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  await releasers.close();
  return error;
}

test('several processes that start at once make one admin and tell one password, which is not in the database', async () => {
  const told: string[] = [];
  const config = { ADMIN_PASSWORD: undefined, HOST: '127.0.0.1', PORT: 3000 };
  const start = () => ensureFirstAdmin(db.sql, config, (notice) => told.push(notice));
  await Promise.all([start(), start(), start(), start()]);
  await start();
  expect(told).toHaveLength(1);
  const password = told[0]?.match(/password (\S+)/)?.[1] ?? '';
  const admin = await findUserWithHash(db.sql, 'admin');
  expect(admin?.passwordHash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  expect(await checkPassword(password, admin?.passwordHash)).toBe(true);
  expect(await checkPassword(`${password}x`, admin?.passwordHash)).toBe(false);
});

test('passwords that differ only at the end, past 72 bytes, are different', async () => {
  const long = 'x'.repeat(80);
  expect(await checkPassword(`${long}a`, await hashPassword(`${long}b`))).toBe(false);
});

test('without SESSION_SECRET the api does not start, and says so', async () => {
  expect(await startError({})).toMatchObject({
    name: 'UserError',
    message: expect.stringMatching(/^SESSION_SECRET is not set/),
  });
});

test('a port in use stops the start with one sentence that names PORT', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  expect(await startError({ SESSION_SECRET, PORT: String(port) })).toMatchObject({
    name: 'UserError',
    message: `PORT=${port} is in use on 127.0.0.1: stop what listens there or set another PORT`,
  });
  other.close();
});
