import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { testContext } from '../../ops/testing/context.ts';
import { type TestDatabase, type TestRedis, testDatabase, testRedis } from '../../ops/testing/services.ts';
import { sleep } from '../../shared/clock.ts';
import { acquireLease, type HeldLease, releaseLease, renewLease, withLease } from '../../shared/db/leases.ts';
import { FencedError } from '../../shared/errors.ts';
import type { TaskContext } from '../context.ts';
import { keepLease } from './keep-lease.ts';

let db: TestDatabase;
let redis: TestRedis;
let context: TaskContext;
beforeAll(async () => {
  [db, redis] = await Promise.all([testDatabase(), testRedis()]);
  context = testContext(db, redis);
});
afterAll(async () => {
  await context.queues.close();
  await Promise.all([db.drop(), redis.close()]);
});

const TTL_MS = 1_500;
const contend = (key: string, holder: string, sql = db.sql) => {
  const leases = new Map<string, HeldLease>();
  const tokens: number[] = [];
  const keeper = keepLease(
    { ...context, sql, leases, onChange: (_key, token) => tokens.push(token) },
    key,
    holder,
    { ttlMs: TTL_MS },
  );
  return { leases, tokens, ...keeper };
};
const until = async (condition: () => unknown) => {
  while (!condition()) await sleep(5);
};
const expire = (key: string) =>
  db.sql`UPDATE leases SET expires_at = clock_timestamp() - interval '1 ms' WHERE key = ${key}`;

test('of twenty contenders one holds the lease at a time, and every grant has the next token', async () => {
  const tokens: number[] = [];
  for (let round = 0; round < 5; round++) {
    const grants = await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        acquireLease(db.sql, { key: 'race', holder: String(n), ttlMs: 60_000 }),
      ),
    );
    const granted = grants.filter((grant) => grant !== undefined);
    expect(granted).toHaveLength(1);
    tokens.push(granted[0]?.token ?? 0);
    if (granted[0]) await releaseLease(db.sql, granted[0]);
  }
  expect(tokens).toEqual([1, 2, 3, 4, 5]);
});

test('a lease that ran out is neither renewed nor released from under its new holder', async () => {
  const old = await acquireLease(db.sql, { key: 'stale', holder: 'a', ttlMs: 60_000 });
  if (!old) throw new Error('not granted');
  expect(await renewLease(db.sql, old, 60_000)).toBe(true);
  await expire('stale');
  expect(await renewLease(db.sql, old, 60_000)).toBe(false);
  await expect(withLease(db.sql, old, async () => {})).rejects.toThrow(FencedError);
  const next = await acquireLease(db.sql, { key: 'stale', holder: 'b', ttlMs: 60_000 });
  expect(await renewLease(db.sql, old, 60_000)).toBe(false);
  await releaseLease(db.sql, old);
  expect(next?.token).toBe(2);
  expect(await renewLease(db.sql, next as NonNullable<typeof next>, 60_000)).toBe(true);
});

test('a takeover waits for an open write of the old holder, whose next write is refused', async () => {
  const old = await acquireLease(db.sql, { key: 'open', holder: 'a', ttlMs: 150 });
  if (!old) throw new Error('not granted');
  let takeover: Promise<unknown> = Promise.resolve();
  let granted = false;
  await withLease(db.sql, old, async (tx) => {
    await tx`SELECT pg_sleep(0.2)`;
    takeover = acquireLease(db.sql, { key: 'open', holder: 'b', ttlMs: 60_000 }).then((lease) => {
      granted = true;
      return lease;
    });
    await tx`SELECT pg_sleep(0.1)`;
    expect(granted).toBe(false);
  });
  expect(await takeover).toMatchObject({ token: 2 });
  await expect(withLease(db.sql, old, async () => {})).rejects.toThrow(FencedError);
});

test('a keeper holds on beyond its time, and hands over at once when it stops', async () => {
  const one = contend('fly', 'one');
  await until(() => one.leases.size);
  const two = contend('fly', 'two');
  await sleep(1.2 * TTL_MS);
  expect(one.tokens).toEqual([1]);
  expect(two.tokens).toEqual([]);
  one.leases.get('fly')?.check();
  await one.stop();
  expect(one.leases.size).toBe(0);
  await until(() => two.leases.size);
  expect(two.tokens).toEqual([2]);
  await two.stop();
});

test('an emptied Redis changes nothing: the database decides', async () => {
  const one = contend('empty', 'one');
  await until(() => one.leases.size);
  await redis.redis.flushdb();
  const two = contend('empty', 'two');
  await sleep(TTL_MS);
  expect([one.tokens, two.tokens]).toEqual([[1], []]);
  await Promise.all([one.stop(), two.stop()]);
});

test('a holder that lost its lease says so before it asks the database, and contends again', async () => {
  const one = contend('lost', 'one');
  await until(() => one.leases.size);
  const held = one.leases.get('lost');
  await expire('lost');
  await until(() => one.tokens.length === 3);
  expect(one.tokens).toEqual([1, 0, 2]);
  expect(() => held?.check()).toThrow(FencedError);
  await one.stop();
});

test('a holder that can not reach the database stops trusting its lease before it runs out there', async () => {
  let away = false;
  const sql = new Proxy(db.sql, {
    apply: (of, self, statement) =>
      away ? Promise.reject(new Error('away')) : Reflect.apply(of, self, statement),
  });
  const one = contend('cut', 'one', sql);
  await until(() => one.leases.size);
  const held = one.leases.get('cut') as HeldLease;
  away = true;
  await until(() => one.leases.size === 0);
  expect(() => held.check()).toThrow(FencedError);
  await expect(withLease(db.sql, held, async () => 'still ours there')).resolves.toBe('still ours there');
  await one.stop();
});
