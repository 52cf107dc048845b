import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { testContext } from '../../ops/testing/context.ts';
import { type TestDatabase, type TestRedis, testDatabase, testRedis } from '../../ops/testing/services.ts';
import { listBadFrames } from '../../shared/db/bad-frames.ts';
import { ensureInstruments } from '../../shared/db/instruments.ts';
import { addMail } from '../../shared/db/outbox.ts';
import { addSignals } from '../../shared/db/signals.ts';
import { findTask, saveOutcome, taskRecord } from '../../shared/db/tasks.ts';
import type { TaskContext } from '../context.ts';
import { configuredAutopilots, saveAutopilots } from '../execution/autopilots.ts';
import { keepBadFrames } from './keep-bad-frames.ts';
import { sweep } from './sweep.ts';

let db: TestDatabase;
let redis: TestRedis;
let context: TaskContext;
beforeAll(async () => {
  [db, redis] = await Promise.all([testDatabase(), testRedis()]);
  context = testContext(db, redis, { SMTP_URL: 'smtp://127.0.0.1:9', MAIL_TO: 'a@example.org' });
  await ensureInstruments(db.sql, 'sim', ['BTC/USDT']);
  await saveAutopilots(db.sql, context.config, configuredAutopilots(context.config));
});
afterAll(async () => {
  await context.queues.close();
  await Promise.all([db.drop(), redis.close()]);
});
beforeEach(async () => {
  await db.sql`TRUNCATE tasks, outbox, bad_frames, signals CASCADE`;
  await redis.redis.flushdb();
});

const run = () => sweep({}, context);
const waitingIds = async (queue: string) =>
  (await context.queues.get(queue).getWaiting()).map(({ id }) => id);
const nothing = { tasks: 0, signals: 0, orders: 0, mails: 0 };

test('a recorded task that never reached its queue is enqueued once, a young or an ended one is not', async () => {
  const task = { name: 'generate_report', queue: 'reports', payload: {} } as const;
  await taskRecord(db.sql).add({ ...task, id: 'lost' });
  await taskRecord(db.sql).add({ ...task, id: 'ended' });
  await saveOutcome(db.sql, 'ended', { state: 'SUCCESS', result: null });
  await db.sql`UPDATE tasks SET created_at = created_at - interval '10 seconds'`;
  await taskRecord(db.sql).add({ ...task, id: 'young' });
  expect(await run()).toEqual({ ...nothing, tasks: 1 });
  await Promise.all([run(), run()]);
  expect(await waitingIds('reports')).toEqual(['lost']);
  await redis.redis.flushdb();
  expect(await run()).toEqual({ ...nothing, tasks: 1 });
});

test('a task that no payload of the catalogue fits fails with the reason and does not stop the sweep', async () => {
  await db.sql`INSERT INTO tasks (id, name, queue, payload, created_at)
    VALUES ('bad', 'generate_report', 'reports', '{"day":"never"}', now() - interval '10 s'),
      ('odd', 'brew_tea', 'kitchen', '{}', now() - interval '10 s')`;
  expect(await run()).toEqual(nothing);
  expect(await findTask(db.sql, 'bad')).toMatchObject({
    state: 'FAILURE',
    error: expect.stringContaining('day'),
  });
  expect(await findTask(db.sql, 'odd')).toMatchObject({
    state: 'FAILURE',
    error: expect.stringContaining('brew_tea'),
  });
});

test('a fresh live signal without a decision is executed again, even after its job had given up; no other is', async () => {
  const base = {
    venue: 'sim',
    symbol: 'BTC/USDT',
    interval: '1s',
    strategy: 'sma-cross',
    side: 'buy',
    price: '1',
    details: {},
  } as const;
  const now = Date.now();
  const [fresh] = await addSignals(db.sql, [
    { ...base, ts: now, live: true },
    { ...base, ts: now - 1, live: false },
    { ...base, ts: now - 60_000, live: true },
  ]).then((rows) => rows.filter(({ ts }) => ts === now));
  await db.sql`UPDATE signals SET created_at = created_at - interval '10 seconds'`;
  expect(await run()).toEqual({ ...nothing, signals: 1 });
  expect(await waitingIds('execution')).toEqual([`signal-${fresh?.id}-execute`]);
  expect(await run()).toEqual(nothing);
  await db.sql`INSERT INTO decisions (autopilot, signal_id, outcome, reason) SELECT 'paper-sim', ${fresh?.id ?? 0}, 'skipped', 'x'`;
  await redis.redis.flushdb();
  expect(await run()).toEqual(nothing);
});

test('any number of stale signals that nobody decided on hides no fresh one', async () => {
  const base = { venue: 'sim', symbol: 'BTC/USDT', strategy: 'sma-cross', side: 'buy', price: '1' } as const;
  const series = { ...base, interval: '1s', details: {}, live: true } as const;
  const time = Date.now();
  await addSignals(
    db.sql,
    Array.from({ length: 501 }, (_, n) => ({ ...series, ts: time - 60_000 - n })),
  );
  await addSignals(db.sql, [{ ...series, ts: time }]);
  await db.sql`UPDATE signals SET created_at = created_at - interval '10 seconds'`;
  expect(await run()).toEqual({ ...nothing, signals: 1 });
});

test('unsent mail of a day is sent on, older mail stays for people to read', async () => {
  const id = await addMail(db.sql, { key: 'a', kind: 'signal', subject: 's', body: 'b' });
  await addMail(db.sql, { key: 'b', kind: 'signal', subject: 's', body: 'b' });
  await db.sql`UPDATE outbox SET created_at = created_at - interval '25 hours' WHERE key = 'b'`;
  expect(await run()).toEqual({ ...nothing, mails: 1 });
  expect(await waitingIds('notify')).toEqual([`mail-${id}`]);
});

test('tasks that ended a month ago are forgotten', async () => {
  await taskRecord(db.sql).add({ name: 'generate_report', queue: 'reports', payload: {}, id: 'old' });
  await saveOutcome(db.sql, 'old', { state: 'SUCCESS', result: null });
  await run();
  expect(await findTask(db.sql, 'old')).toBeDefined();
  await db.sql`UPDATE tasks SET finished_at = finished_at - interval '31 days', created_at = created_at - interval '31 days'`;
  await run();
  expect(await findTask(db.sql, 'old')).toBeUndefined();
});

test('bad frames are kept once each, and the newest ten thousand of them', async () => {
  const frame = { receivedAt: Date.now(), reason: 'cut JSON', bytes: 3, head: '{"a', digest: 'd1' };
  await keepBadFrames({ venue: 'sim', frames: [frame] }, context);
  expect(await keepBadFrames({ venue: 'sim', frames: [frame] }, context)).toEqual({ kept: 0 });
  await db.sql`INSERT INTO bad_frames (venue, received_at, reason, bytes, head, digest)
    SELECT 'sim', now(), 'x', 1, 'x', n::text FROM generate_series(1, 10000) n`;
  await run();
  const [{ count } = { count: 0 }] = await db.sql<{ count: number }[]>`SELECT count(*) FROM bad_frames`;
  expect(count).toBe(10_000);
  expect((await listBadFrames(db.sql, { limit: 20_000 })).some(({ digest }) => digest === 'd1')).toBe(false);
});
