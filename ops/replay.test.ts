import { existsSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { loadConfig } from '../shared/config.ts';
import { readArchivedRange } from '../shared/db/archived-range.ts';
import { addMarketFacts } from '../shared/db/market.ts';
import { listSignals } from '../shared/db/signals.ts';
import type { Candle, Trade } from '../shared/domain/market.ts';
import { findVenue } from '../shared/exchanges/venues.ts';
import { Releasers } from '../shared/lifecycle.ts';
import { createLog } from '../shared/log.ts';
import { Columns } from '../shared/tasks/columns.ts';
import { archiveBatch } from '../workers/archive/archive-batch.ts';
import { evaluateCandles } from '../workers/inference/evaluate-candles.ts';
import { startPool } from '../workers/pool/pool.ts';
import type { Handlers } from '../workers/pool/run-task.ts';
import { until } from './chaos/rig.ts';
import { Replay } from './replay.ts';
import { archiveSource, recordingSource } from './replay-sources.ts';
import { testContext } from './testing/context.ts';
import { type TestDatabase, type TestRedis, testDatabase, testRedis } from './testing/services.ts';

const RECORDING = '../shared/data/binance-spot-btcusdt.txt.gz';
const withRecording = existsSync(RECORDING) ? test : test.skip;
const said = existsSync(RECORDING) ? '' : ` (skipped: ${RECORDING} is not there)`;
const log = createLog('test', 'fatal');
const releasers = new Releasers(log);
let db: TestDatabase;
let redis: TestRedis;

beforeAll(async () => {
  db = await testDatabase();
  redis = await testRedis();
  const handlers = {
    archive_batch: archiveBatch,
    evaluate_candles: evaluateCandles,
  } as Partial<Handlers> as Handlers;
  const config = loadConfig({ REDIS_URL: redis.url, TIMESCALEDB_URL: db.url });
  await startPool(config, log, releasers, handlers, { name: 'test', queues: ['archive', 'inference'] });
});
afterAll(async () => {
  await releasers.close();
  await redis.close();
  await db.drop();
});

withRecording(
  `a recording's trades are archived exactly, and once however often it is replayed${said}`,
  async () => {
    const expected = {
      frames: 41_249,
      tradesSent: 9_757,
      badFrames: 0,
      symbols: {
        'BTC/USDT': { rows: 9_757, totalSize: '212.03315', firstId: '3735683259', lastId: '3735693015' },
      },
    };
    const first = await replay();
    expect(first).toMatchObject({ ...expected, newRows: { trades: 9_757 } });
    expect(first.newRows.books).toBeGreaterThan(300);
    expect(first.newRows.flows).toBeGreaterThan(300);
    expect(await replay()).toMatchObject({
      ...expected,
      newRows: { trades: 0, candles: 0, books: 0, flows: 0, funding: 0, marks: 0 },
    });
    expect(await listSignals(db.sql, {})).toHaveLength(0);
  },
);

test('a stretch of the archive, replayed over forgotten signals, gives the same signals again and no new row', async () => {
  const from = Date.UTC(2026, 0, 1);
  const columns = new Columns('sim', 'backfill');
  for (let i = 0; i < 900; i++) columns.candle(candleAt(from + i * 60_000, 100 + 10 * Math.sin(i / 40)));
  for (let i = 0; i < 50; i++) columns.trade(tradeAt(from + i * 700, i));
  columns.book({ ...OF, ts: from, receivedAt: from, bids: [['99', '1']], asks: [['101', '2']] });
  await addMarketFacts(db.sql, columns.build());
  const evaluate = { ...OF, interval: '1m', from, upTo: from + 899 * 60_000, source: 'backfill' } as const;
  const context = testContext(db, redis);
  await evaluateCandles(evaluate, context);
  await context.queues.close();
  const before = await signals();
  expect(before.length).toBeGreaterThan(4);

  await db.sql`TRUNCATE signals, evaluations, outbox CASCADE`;
  await redis.redis.del(await redis.redis.keys('*BTC/USDT:1m*'));
  const range = { venue: OF.venue, symbols: [OF.symbol], from, to: from + 1_000 * 60_000 };
  const report = await replay(archiveSource(db.sql, range));
  expect(report).toMatchObject({ events: 951, tradesSent: 50, newRows: NOTHING });
  await until('the signals', 20_000, async () => (await signals()).length >= before.length);
  expect(await signals()).toEqual(before);
});

test('funding rates and mark prices of the archive come again as they are stored, in their place', async () => {
  const ts = Date.UTC(2026, 0, 2);
  const swap = { venue: 'okx', symbol: 'BTC/USDT:USDT' };
  const at = (ms: number) => ({ ...swap, ts: ts + ms, receivedAt: ts + ms });
  const facts = [
    { ...at(0), type: 'mark', price: '60000.1', indexPrice: '60000' },
    { ...at(400), type: 'funding', rate: '-0.0001', nextFundingTs: ts + 28_800_000 },
    { ...at(1_000), type: 'mark', price: '60000.2' },
    // Far enough away to be found only by looking for what comes next.
    { ...at(3_600_000), type: 'funding', rate: '0.0002', nextFundingTs: ts + 28_800_000 },
  ] as const;
  const columns = new Columns(swap.venue, 'live');
  for (const fact of facts) {
    if (fact.type === 'mark') columns.mark(fact);
    else columns.funding(fact);
  }
  await addMarketFacts(db.sql, columns.build());
  const range = { venue: swap.venue, symbols: [swap.symbol], from: ts, to: ts + 7_200_000 };
  const read: unknown[] = [];
  for await (const page of readArchivedRange(db.sql, range)) read.push(...page);
  expect(read).toEqual(facts);
  expect(await replay(archiveSource(db.sql, range))).toMatchObject({ events: 4, newRows: NOTHING });
});

/** A wave of closes, so that the means cross. */
const candleAt = (ts: number, level: number): Candle => {
  const close = level.toFixed(2);
  return {
    ...OF,
    type: 'candle',
    interval: '1m',
    ts,
    receivedAt: ts,
    open: close,
    high: close,
    low: close,
    close,
    volume: '1',
    closed: true,
  };
};

const tradeAt = (ts: number, id: number): Trade => ({
  ...OF,
  type: 'trade',
  id: String(id),
  price: '100',
  size: '1',
  side: 'buy',
  ts,
  receivedAt: ts,
});

const OF = { venue: 'sim', symbol: 'BTC/USDT' };
const NOTHING = { trades: 0, candles: 0, books: 0, flows: 0, funding: 0, marks: 0 };

const signals = async () =>
  (await listSignals(db.sql, { limit: 500 })).map(({ ts, side, price, details }) => ({
    ts,
    side,
    price,
    details,
  }));

async function replay(source = recordingSource(RECORDING, findVenue('binance'))) {
  const own = new Releasers(log);
  const config = { ...loadConfig({}), REDIS_URL: redis.url, TIMESCALEDB_URL: db.url };
  try {
    return await new Replay(config, source, log, own).run(() => {});
  } finally {
    await own.close();
  }
}
