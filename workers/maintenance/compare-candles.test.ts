import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type RunningSim, runSim } from '../../ops/sim/run.ts';
import { testContext } from '../../ops/testing/context.ts';
import { type TestDatabase, type TestRedis, testDatabase, testRedis } from '../../ops/testing/services.ts';
import { listKnownCandles } from '../../shared/db/known-candles.ts';
import { addMarketFacts } from '../../shared/db/market.ts';
import { INTERVALS } from '../../shared/domain/market.ts';
import { fetchCandles, fetchTrades } from '../../shared/exchanges/history.ts';
import { findVenue } from '../../shared/exchanges/venues.ts';
import { createLog } from '../../shared/log.ts';
import { Columns } from '../../shared/tasks/columns.ts';
import type { TaskContext } from '../context.ts';
import { buildCandlesTask } from './build-candles.ts';
import { compareCandles } from './compare-candles.ts';

/** Three hours of the simulated exchange, its trades and its klines both over REST; many minutes without a trade. */
const BTC = { venue: 'sim', symbol: 'BTC/USDT' };
const PUBLISHED = ['1m', '15m', '1h'] as const;
const folder = mkdtempSync(join(tmpdir(), 'millrace-compare-'));
let db: TestDatabase;
let redis: TestRedis;
let sim: RunningSim;
let context: TaskContext;
let range: { from: number; to: number };

beforeAll(async () => {
  [db, redis] = await Promise.all([testDatabase(), testRedis()]);
  sim = await runSim({
    symbols: [BTC.symbol],
    ...{ seed: 11, eventsPerSecond: 0.03, historyMs: 3 * INTERVALS['1h'] },
    ...{ folder, host: '127.0.0.1', port: 0, log: createLog('test', 'fatal') },
  });
  context = testContext(db, redis, { SIM_URL: sim.url });
  const tape = sim.venue.markets.get('BTCUSDT')?.tape;
  const first = Math.ceil((tape?.at(tape.firstId)?.ts ?? 0) / INTERVALS['1m']) * INTERVALS['1m'];
  range = { from: first, to: Math.floor(Date.now() / INTERVALS['1m']) * INTERVALS['1m'] };
  const venue = findVenue('sim', 'spot', { simUrl: sim.url });
  const of = { venue, symbol: BTC.symbol };
  for await (const trades of fetchTrades({ ...of, fromId: String(tape?.firstId) })) {
    const columns = new Columns('sim', 'backfill');
    for (const trade of trades) columns.trade(trade);
    await addMarketFacts(db.sql, columns.build());
  }
  for (const interval of PUBLISHED) {
    const wholeFrom = Math.ceil(range.from / INTERVALS[interval]) * INTERVALS[interval];
    for await (const candles of fetchCandles({ ...of, interval, ...range, from: wholeFrom })) {
      const columns = new Columns('sim', 'backfill');
      for (const candle of candles) columns.candle(candle);
      await addMarketFacts(db.sql, columns.build());
    }
  }
});
afterAll(async () => {
  await context.queues.close();
  await sim.close();
  await redis.close();
  await db.drop();
  rmSync(folder, { recursive: true });
});

test('candles from trades equal the venue’s own klines in every field, minutes without a trade included', async () => {
  expect(await buildCandlesTask({}, context)).toEqual({ done: true });
  const result = await compareCandles(range, context);
  expect(result).toMatchObject({
    different: 0,
    missing: 0,
    series: PUBLISHED.map((interval) => ({ interval })),
  });
  const counts = await db.sql<{ flat: number; all: number }[]>`
    SELECT count(*) AS all, count(*) FILTER (WHERE volume = 0) AS flat FROM candles`;
  expect(result).toMatchObject({ compared: counts[0]?.all });
  expect(counts[0]?.flat).toBeGreaterThan(5);
});

test('an interval that the venue does not publish is answered from its trades, a published one by the venue', async () => {
  const fives = await listKnownCandles(db.sql, { ...BTC, interval: '5m', limit: 30 });
  expect(fives.length).toBeGreaterThan(20);
  expect(fives.every(({ source }) => source === 'trades')).toBe(true);
  const quarters = await listKnownCandles(db.sql, { ...BTC, interval: '15m', from: range.from, limit: 3 });
  const three = fives.filter(
    ({ ts }) => Math.floor(ts / INTERVALS['15m']) * INTERVALS['15m'] === quarters[2]?.ts,
  );
  expect(quarters.at(-1)).toMatchObject({ source: 'venue' });
  for (const five of three) expect(Number(five.high)).toBeLessThanOrEqual(Number(quarters[2]?.high));
});

test('a trade that the archive lacks, or has wrong, is told by series and time', async () => {
  const hour = Math.ceil(range.from / INTERVALS['1h']) * INTERVALS['1h'];
  const [row] = await db.sql<{ ts: number }[]>`SELECT ts FROM trades WHERE ts >= ${hour} ORDER BY ts LIMIT 1`;
  const minute = Math.floor((row?.ts ?? 0) / INTERVALS['1m']) * INTERVALS['1m'];
  const columns = new Columns('sim', 'backfill');
  const facts = {
    ...BTC,
    type: 'trade',
    receivedAt: minute,
    side: 'buy',
    price: '61000',
    size: '1',
  } as const;
  columns.trade({ ...facts, ts: minute + 1, id: '1' });
  await addMarketFacts(db.sql, columns.build());
  await buildCandlesTask({}, context);
  const result = (await compareCandles(range, context)) as Awaited<ReturnType<typeof compareCandles>> & {
    series: { interval: string; different: number; first: number }[];
  };
  expect(result).toMatchObject({ different: 3, missing: 0 });
  expect(result.series[0]).toMatchObject({ interval: '1m', different: 1, first: minute });
});

test('what the record is known to lack is not told again: before the recording began, and in a gap that is open', async () => {
  const total = await compareCandles(range, context);
  await db.sql`UPDATE instruments SET recorded_from = ${range.to - INTERVALS['1h']}`;
  expect(await compareCandles(range, context)).toMatchObject({ different: 0 });
  await db.sql`UPDATE instruments SET recorded_from = NULL`;
  expect(await compareCandles(range, context)).toEqual(total);
  await db.sql`
    INSERT INTO gaps (instrument_id, cause, detail, noticed_at, from_ts, from_id, to_ts, reached_ts, reached_id)
    SELECT id, 'disconnect', '', now(), ${range.from}, '1', ${range.to}, ${range.from}, '1' FROM instruments`;
  expect(await compareCandles(range, context)).toMatchObject({ compared: 0, different: 0 });
});
