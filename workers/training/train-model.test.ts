import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { type TestDatabase, type TestRedis, testDatabase, testRedis } from '../../ops/testing/services.ts';
import { now } from '../../shared/clock.ts';
import { loadConfig } from '../../shared/config.ts';
import { findModelOfTask, listModels } from '../../shared/db/models.ts';
import { findTask, saveProgress, taskRecord } from '../../shared/db/tasks.ts';
import { RejectError } from '../../shared/errors.ts';
import { Releasers } from '../../shared/lifecycle.ts';
import { createLog } from '../../shared/log.ts';
import { subscribeLive } from '../../shared/queue/live.ts';
import { submitTask } from '../../shared/queue/submit.ts';
import type { Handler } from '../context.ts';
import { startPool } from '../pool/pool.ts';
import type { Handlers } from '../pool/run-task.ts';
import { trainModel } from './train-model.ts';

const MINUTE = 60_000;
const PAYLOAD = { venue: 'sim', symbol: 'BTC/USDT', interval: '1m', candles: 900 } as const;

let db: TestDatabase;
let redis: TestRedis;
let releasers: Releasers;
const log = createLog('test', 'fatal');

beforeAll(async () => {
  db = await testDatabase();
  redis = await testRedis();
});
afterEach(async () => {
  await releasers.close();
  await db.sql`TRUNCATE candles, tasks, models, instruments CASCADE`;
});
afterAll(async () => {
  await redis.close();
  await db.drop();
});

test('trains on the archive, says each step, stores one model with its metrics beside the base rate', async () => {
  await insertCandles(newest() - 899 * MINUTE, newest());
  const notes: string[] = [];
  const listener = redis.redis.duplicate();
  await subscribeLive(listener, 'millrace', (messages) => {
    for (const message of messages)
      if (message.type === 'task')
        notes.push((message.progress as { note: string } | null)?.note ?? message.state);
  });
  const id = await submit(noBootstrap);
  const task = await ended(id);
  listener.disconnect();
  expect(task).toMatchObject({
    state: 'SUCCESS',
    progress: { done: 5, total: 5 },
    result: { kind: 'logistic', metrics: { rows: { train: 517, test: 174 }, bootstrap: 'complete' } },
  });
  expect((task.result as { metrics: object }).metrics).toMatchObject({
    accuracy: expect.any(Number),
    auc: expect.any(Number),
    logloss: expect.any(Number),
    baseRate: expect.any(Number),
    baseLogloss: expect.any(Number),
  });
  expect(notes).toEqual(
    expect.arrayContaining(['STARTED', 'looking for candles in the archive', 'storing the model', 'SUCCESS']),
  );
  const [model, ...others] = await listModels(db.sql);
  expect(others).toEqual([]);
  expect(model).toMatchObject({ taskId: id, venue: 'sim', symbol: 'BTC/USDT', interval: '1m' });
  const names = model?.features.names as string[];
  expect(model?.parameters.weights).toHaveLength(names.length);
});

test('bootstraps first when candles are missing', async () => {
  await insertCandles(newest() - 899 * MINUTE, newest() - 400 * MINUTE);
  let asked: { from: number; to: number } | undefined;
  const id = await submit(async (payload, context) => {
    asked = payload;
    await saveProgress(db.sql, context.id, { done: 1, total: 2, note: 'page 1' });
    await insertCandles(payload.from, payload.to - MINUTE);
  });
  const task = await ended(id);
  expect(task).toMatchObject({ state: 'SUCCESS', result: { metrics: { bootstrap: 'complete' } } });
  expect(asked?.from).toBeLessThanOrEqual(newest() - 400 * MINUTE);
  expect(asked?.to).toBeGreaterThanOrEqual(newest());
  const { metrics } = task.result as { metrics: { candles: { used: number } } };
  expect(metrics.candles.used).toBeGreaterThanOrEqual(899);
  expect(await findTask(db.sql, `${id}-bootstrap`)).toMatchObject({ name: 'bootstrap', state: 'SUCCESS' });
});

test('with a bootstrap that fails it refuses when there are too few candles, naming how many and why', async () => {
  await insertCandles(newest() - 199 * MINUTE, newest());
  const task = await ended(await submit(noBootstrap));
  expect(task).toMatchObject({ state: 'FAILURE', attempts: 1 });
  expect(task.error).toMatch(
    /^sim BTC\/USDT 1m: (199|200) closed candles are too few, at least 300 are needed; bootstrap failed: no history here$/,
  );
});

test('run again, the task answers with the model it stored', async () => {
  await insertCandles(newest() - 899 * MINUTE, newest());
  const id = await submit(noBootstrap);
  const first = await ended(id);
  const stored = await findModelOfTask(db.sql, id);
  const again = await trainModel(PAYLOAD, {
    sql: db.sql,
    id,
    progress: async () => {},
  } as unknown as Parameters<typeof trainModel>[1]);
  expect(again).toEqual(first.result);
  expect(await listModels(db.sql)).toEqual([stored]);
});

const noBootstrap: Handler<'bootstrap'> = async () => {
  throw new RejectError('no history here');
};

/** A pool that trains, with a history of the test's own in place of a venue. */
async function submit(bootstrap: Handler<'bootstrap'>): Promise<string> {
  releasers = new Releasers(log);
  const config = loadConfig({ REDIS_URL: redis.url, TIMESCALEDB_URL: db.url });
  const handlers = { train_model: trainModel, bootstrap } as Handlers;
  const pool = await startPool(config, log, releasers, handlers, {
    name: 'test',
    queues: ['training', 'history'],
  });
  return submitTask(taskRecord(db.sql), pool.queues, 'train_model', PAYLOAD);
}

async function ended(id: string) {
  for (;;) {
    const task = await findTask(db.sql, id);
    if (task?.finishedAt) return task;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Open time of the newest closed candle. */
const newest = () => Math.floor(now() / MINUTE) * MINUTE - MINUTE;

/** A wavy series, one candle a minute, both ends included. */
async function insertCandles(from: number, to: number): Promise<void> {
  const { sql } = db;
  await sql`INSERT INTO instruments (venue, symbol) VALUES ('sim', 'BTC/USDT') ON CONFLICT DO NOTHING`;
  await sql`SELECT ensure_partition('candles', day) FROM generate_series(${from}::timestamptz - interval '1 day',
    ${to}::timestamptz + interval '1 day', interval '1 day') day`;
  await sql`
    INSERT INTO candles (instrument_id, interval, ts, open, high, low, close, volume)
    SELECT i.id, '1m', ts, price, price + 3, price - 3, price + 1, 1 + abs(price % 7)
    FROM instruments i, generate_series(${from}::timestamptz, ${to}::timestamptz, interval '1 minute') ts,
      LATERAL (SELECT round((60000 + 500 * sin(extract(epoch FROM ts) / 2000) +
        50 * sin(extract(epoch FROM ts) * 1.7))::numeric, 2) AS price) AS p
    ON CONFLICT DO NOTHING`;
}
