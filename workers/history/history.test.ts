import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type RunningSim, runSim } from '../../ops/sim/run.ts';
import { testContext } from '../../ops/testing/context.ts';
import { type TestDatabase, type TestRedis, testDatabase, testRedis } from '../../ops/testing/services.ts';
import { listCandles } from '../../shared/db/candles.ts';
import { listTrades } from '../../shared/db/trades.ts';
import { RejectError, RetryError } from '../../shared/errors.ts';
import { createLog } from '../../shared/log.ts';
import type { TaskContext } from '../context.ts';
import { backfillTrades } from './backfill-trades.ts';
import { bootstrap } from './bootstrap.ts';

/** Against the simulated exchange's real REST history. */
const BTC = { venue: 'sim', symbol: 'BTC/USDT' };
const folder = mkdtempSync(join(tmpdir(), 'millrace-history-'));
let db: TestDatabase;
let redis: TestRedis;
let sim: RunningSim;
let context: TaskContext;
let firstId: number;

beforeAll(async () => {
  db = await testDatabase();
  redis = await testRedis();
  sim = await runSim({
    symbols: [BTC.symbol],
    seed: 5,
    eventsPerSecond: 200,
    folder,
    historyMs: 120_000,
    host: '127.0.0.1',
    port: 0,
    log: createLog('test', 'fatal'),
  });
  context = testContext(db, redis, { SIM_URL: sim.url });
  firstId = sim.venue.markets.get('BTCUSDT')?.tape.firstId ?? 0;
});
afterAll(async () => {
  await context.queues.close();
  await sim.close();
  await redis.close();
  await db.drop();
  rmSync(folder, { recursive: true });
});

const backfill = (from: number, to: number) =>
  backfillTrades({ ...BTC, fromId: String(from), toId: String(to), cause: 'test' }, context);

test('an unknown beginning with an empty archive fetches nothing: nothing was ever lost', async () => {
  expect(await backfill(0, firstId + 10)).toMatchObject({ missing: 0, filled: 0 });
});

test('a stretch is fetched over several pages, and a second run finds nothing missing', async () => {
  const [from, to] = [firstId + 100, firstId + 1_699];
  expect(await backfill(from, to)).toEqual({ missing: 1_600, filled: 1_600, unavailable: 0 });
  expect(await backfill(from, to)).toEqual({ missing: 0, filled: 0, unavailable: 0 });
});

test('only the holes are fetched, also with an unknown beginning', async () => {
  await db.sql`DELETE FROM trades WHERE trade_id::bigint BETWEEN ${firstId + 200} AND ${firstId + 209}`;
  await db.sql`DELETE FROM trades WHERE trade_id::bigint = ${firstId + 900}`;
  expect(await backfill(0, firstId + 1_700)).toEqual({ missing: 12, filled: 12, unavailable: 0 });
  expect(await listTrades(db.sql, { ...BTC, limit: 5_000 })).toHaveLength(1_601);
});

test('trades the venue never had are said to be unavailable', async () => {
  const result = await backfill(firstId - 5, firstId + 4);
  expect(result).toEqual({ missing: 10, filled: 5, unavailable: 5 });
});

test('trades the venue has not got yet are asked for again', async () => {
  await expect(backfill(firstId + 50_000_000, firstId + 50_000_001)).rejects.toThrow(RetryError);
});

test('a symbol that the venue does not have is refused for good', async () => {
  const nothing = { venue: 'sim', symbol: 'NO/SUCH', fromId: '1', toId: '2', cause: 'test' };
  await expect(backfillTrades(nothing, context)).rejects.toThrow(RejectError);
});

test('candles: only what is missing is fetched, and the range is evaluated', async () => {
  const to = Math.floor(Date.now() / 1000) * 1000 - 5_000;
  const range = { ...BTC, interval: '1s', from: to - 60_000, to } as const;
  expect(await bootstrap(range, context)).toEqual({ wanted: 60, fetched: 60, added: 60 });
  await db.sql`DELETE FROM candles WHERE ts = ${to - 10_000}`;
  expect(await bootstrap(range, context)).toEqual({ wanted: 1, fetched: 1, added: 1 });
  expect(await bootstrap(range, context)).toEqual({ wanted: 0, fetched: 0, added: 0 });
  expect(await listCandles(db.sql, { ...range, limit: 100 })).toHaveLength(60);
  const waiting = await Promise.all(
    context.queues.physicalNames('inference').map((queue) => context.queues.get(queue).getWaiting()),
  );
  expect(waiting.flat().map(({ data }) => data)).toEqual([
    { ...BTC, interval: '1s', from: range.from, upTo: to - 1_000, source: 'backfill' },
    { ...BTC, interval: '1s', from: range.from, upTo: to - 1_000, source: 'backfill' },
  ]);
});
