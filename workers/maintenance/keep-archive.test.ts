import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { testContext } from '../../ops/testing/context.ts';
import { type TestDatabase, type TestRedis, testDatabase, testRedis } from '../../ops/testing/services.ts';
import { DAY_MS } from '../../shared/clock.ts';
import { findArchiveLayout } from '../../shared/db/archive-layout.ts';
import { listBuiltCandles } from '../../shared/db/built-candles.ts';
import { buildCandles } from '../../shared/db/candle-builds.ts';
import { addMarketFacts } from '../../shared/db/market.ts';
import { addMail, saveMailSent } from '../../shared/db/outbox.ts';
import { listTrades } from '../../shared/db/trades.ts';
import { aloneWithArchive } from '../../shared/db/upkeep-lock.ts';
import type { FlowFacts } from '../../shared/domain/order-flow.ts';
import { Columns } from '../../shared/tasks/columns.ts';
import type { TaskContext } from '../context.ts';
import { keepArchive } from './keep-archive.ts';

const BTC = { venue: 'sim', symbol: 'BTC/USDT' };
const TODAY = Math.floor(Date.now() / DAY_MS) * DAY_MS;
const daysAgo = (days: number) => TODAY - days * DAY_MS;
let db: TestDatabase;
let redis: TestRedis;
const opened: TaskContext[] = [];

beforeAll(async () => {
  redis = await testRedis();
});
afterAll(() => redis.close());
beforeEach(async () => {
  db = await testDatabase();
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map(({ queues }) => queues.close()));
  await db.drop();
});

function run(settings: Record<string, string>) {
  const context = testContext(db, redis, settings);
  opened.push(context);
  return keepArchive({}, context) as Promise<{
    dropped: Record<string, number>;
    compressed: number;
    mails: number;
  }>;
}

/** A trade, a candle, a book and its order flow at each of these times. */
async function archiveAt(times: readonly number[], idPrefix = ''): Promise<void> {
  const columns = new Columns('sim', 'backfill');
  for (const [n, ts] of times.entries()) {
    const of = { ...BTC, ts, receivedAt: ts };
    columns.trade({ ...of, type: 'trade', id: `${idPrefix}${n}`, price: '10', size: '1', side: 'buy' });
    columns.candle({ ...of, type: 'candle', interval: '1m', ...FLAT, closed: true });
    columns.flow({ ...of, ...EVEN });
    columns.book({ ...of, bids: [['9', '1']], asks: [['11', '1']] });
  }
  await addMarketFacts(db.sql, columns.build());
}
const EVEN: FlowFacts = {
  spreadBp: 1,
  imbalance: 0,
  bidConcentration: 1,
  askConcentration: 1,
  depthBp: 10,
  bidDepth: 1,
  askDepth: 1,
  notional: 100,
  buySlippageBp: null,
  sellSlippageBp: null,
  buyVolume: 0,
  sellVolume: 0,
};
const FLAT = { open: '10', high: '10', low: '10', close: '10', volume: '1' };

const count = async (table: string) =>
  (await db.sql`SELECT count(*) FROM ${db.sql(table)}`)[0]?.count as number;
const counts = async () =>
  Promise.all(['trades', 'candles', 'book_snapshots', 'built_candles_1m'].map(count));

test('without a retention everything is kept', async () => {
  await archiveAt([daysAgo(4_000), daysAgo(100), daysAgo(0)]);
  expect(await run({})).toMatchObject({ dropped: { trades: 0, candles: 0, books: 0 } });
  expect(await counts()).toEqual([3, 3, 3, 3]);
});

test('trades, books and order flow go by whole days after their retention, the candles built from them stay', async () => {
  await archiveAt([100, 92, 91, 90, 89, 1].map(daysAgo));
  const settings = { RETENTION_TRADES: '90d', RETENTION_BOOKS: '1d', RETENTION_ORDER_FLOW: '91d' };
  const { dropped } = await run(settings);
  expect(dropped).toEqual({ trades: 3, candles: 0, books: 5, flows: 2, rates: 0 });
  expect(await counts()).toEqual([3, 6, 1, 6]);
  expect(await run(settings)).toMatchObject({
    dropped: { trades: 0, candles: 0, books: 0, flows: 0, rates: 0 },
  });
});

test('candles go after theirs, the venue’s and our own', async () => {
  await archiveAt([800, 400, 399, 1].map(daysAgo));
  await run({ RETENTION_CANDLES: '200d' });
  const [trades, candles, , built] = await counts();
  expect([trades, candles, built]).toEqual([4, 1, 1]);
  await buildCandles(db.sql);
  expect(await count('built_candles_1m')).toBe(1);
});

test('what a running backfill brings from before the horizon goes again, and changes no candle', async () => {
  const days = Array.from({ length: 12 }, (_, n) => daysAgo(100 - n));
  await archiveAt(days);
  await run({ RETENTION_TRADES: '95d' });
  const query = { ...BTC, interval: '1d', from: 0, limit: 100 } as const;
  const before = await listBuiltCandles(db.sql, query);
  expect(before).toHaveLength(12);
  const settings = { RETENTION_TRADES: '95d', COMPRESS_AFTER: '1d' };
  const pages = Array.from({ length: 20 }, (_, page) => page);
  await Promise.all([
    (async () => {
      for (const page of pages) await archiveAt(days.slice(0, 4), `late${page}-`);
    })(),
    run(settings),
  ]);
  await run(settings);
  expect(await listBuiltCandles(db.sql, query)).toEqual(before);
  const kept = await listTrades(db.sql, { ...BTC, limit: 1_000 });
  expect(kept.map(({ ts }) => ts)).toEqual(days.slice(5).reverse());
});

test('the parts of the days to come are there before their first row', async () => {
  await run({});
  if ((await findArchiveLayout(db.sql)) !== 'partitions') return;
  const parts = await db.sql<{ name: string }[]>`
    SELECT inhrelid::regclass::text AS name FROM pg_inherits WHERE inhparent = 'trades'::regclass ORDER BY 1`;
  const nameOf = (day: number) => `trades_${new Date(day).toISOString().slice(0, 10).replaceAll('-', '')}`;
  expect(parts.map(({ name }) => name)).toEqual([0, -1, -2].map(daysAgo).map(nameOf));
});

test('with the columnstore, days older than COMPRESS_AFTER are compressed, again after late rows, newer ones not', async () => {
  await archiveAt([30, 20, 1].map(daysAgo));
  if ((await findArchiveLayout(db.sql)) !== 'columnstore') {
    expect(await run({ COMPRESS_AFTER: '2d' })).toMatchObject({ compressed: 0 });
    return;
  }
  const trades = 2;
  const books = 2;
  const candles = 2;
  const flows = 2;
  expect(await run({ COMPRESS_AFTER: 'never' })).toMatchObject({ compressed: 0 });
  expect(await run({ COMPRESS_AFTER: '2d' })).toMatchObject({ compressed: trades + books + flows + candles });
  expect(await run({ COMPRESS_AFTER: '2d' })).toMatchObject({ compressed: 0 });
  await archiveAt([daysAgo(20)], 'late');
  expect((await run({ COMPRESS_AFTER: '2d' })).compressed).toBeGreaterThan(0);
  expect(await run({ COMPRESS_AFTER: '2d' })).toMatchObject({ compressed: 0 });
});

test('while another run keeps the archive, the task waits for its turn', async () => {
  await aloneWithArchive(db.sql, () => expect(run({})).rejects.toThrow('another run'));
  await run({});
});

test('sent mail goes after its retention, mail that never left stays', async () => {
  for (const key of ['old', 'new', 'unsent']) {
    const id = (await addMail(db.sql, { key, kind: 'report', subject: 's', body: 'b' })) ?? 0;
    if (key !== 'unsent') await saveMailSent(db.sql, id, null);
  }
  await db.sql`UPDATE outbox SET created_at = now() - interval '40 days'`;
  await db.sql`UPDATE outbox SET sent_at = now() - interval '40 days' WHERE key = 'old'`;
  expect(await run({ RETENTION_MAIL: '30d' })).toMatchObject({ mails: 1 });
  expect((await db.sql`SELECT key FROM outbox ORDER BY id`).map(({ key }) => key)).toEqual(['new', 'unsent']);
});
