import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type TestDatabase, type TestRedis, testDatabase, testRedis } from '../../ops/testing/services.ts';
import { addMarketFacts } from '../db/market.ts';
import type { Candle, Level } from '../domain/market.ts';
import { bookKey } from './keys.ts';
import { Prices } from './prices.ts';
import { type BookSource, PriceWriter } from './writer.ts';

let db: TestDatabase;
let redis: TestRedis;
let prices: Prices;
let writer: PriceWriter;
const at = Date.UTC(2026, 10, 21);
const of = { venue: 'sim', symbol: 'BTC/USDT', ts: at, receivedAt: at + 1 };

beforeAll(async () => {
  db = await testDatabase();
  redis = await testRedis();
  prices = new Prices({ redis: redis.redis, sql: db.sql, namespace: 'test' });
  writer = new PriceWriter({ redis: redis.redis, namespace: 'test', venue: 'sim' });
});
afterAll(async () => {
  await writer.close();
  await redis.close();
  await db.drop();
});

test('nobody knows a symbol that was never seen', async () => {
  expect(await prices.lastPrice('sim', 'BTC/USDT')).toBeUndefined();
  expect(await prices.topOfBook('sim', 'BTC/USDT')).toBeUndefined();
  expect(await prices.openCandle('sim', 'BTC/USDT', '1s')).toBeUndefined();
  expect(await prices.liveBook('sim', 'BTC/USDT')).toBeUndefined();
});

test('what Redis lacks comes from the archive', async () => {
  await addMarketFacts(db.sql, {
    venue: 'sim',
    symbols: ['BTC/USDT'],
    trades: { symbol: '{1}', ts: `{${at}}`, id: '{1}', price: '{10}', size: '{1}', side: '{buy}' },
    books: {
      symbol: '{1}',
      ts: `{${at}}`,
      bids: '{"[[\\"9\\",\\"1\\"]]"}',
      asks: '{"[[\\"11\\",\\"2\\"]]"}',
    },
  });
  expect(await prices.lastPrice('sim', 'BTC/USDT')).toMatchObject({ price: '10', side: 'buy', ts: at });
  expect(await prices.topOfBook('sim', 'BTC/USDT')).toEqual({
    bid: '9',
    bidSize: '1',
    ask: '11',
    askSize: '2',
    ts: at,
  });
});

test('the newest trade, quote and open candle win, and are read back whole', async () => {
  const candle: Candle = {
    type: 'candle',
    ...of,
    interval: '1s',
    open: '1',
    high: '2',
    low: '1',
    close: '2',
    volume: '3',
    closed: false,
  };
  writer.trade({ type: 'trade', ...of, id: '1', price: '20', size: '1', side: 'sell' });
  writer.trade({ type: 'trade', ...of, id: '2', price: '21', size: '1', side: 'buy' });
  writer.quote({ type: 'quote', ...of, bid: '20', bidSize: '1', ask: '22', askSize: '1' });
  writer.candle(candle);
  await until(async () => (await prices.openCandle('sim', 'BTC/USDT', '1s')) !== undefined);
  expect(await prices.lastPrice('sim', 'BTC/USDT')).toEqual({
    price: '21',
    side: 'buy',
    ts: at,
    receivedAt: at + 1,
  });
  expect(await prices.topOfBook('sim', 'BTC/USDT')).toMatchObject({ bid: '20', ask: '22' });
  expect(await prices.openCandle('sim', 'BTC/USDT', '1s')).toEqual(candle);
});

test('a book is live with its top 20 levels, stale as soon as it breaks, and expires with its producer', async () => {
  const levels: Level[] = Array.from({ length: 30 }, (_, n) => [String(100 - n), '1']);
  const top = (depth: number) => ({ bids: levels.slice(0, depth), asks: levels.slice(0, depth) });
  const source: BookSource = { state: 'live', ts: at, receivedAt: at + 1, top };
  writer.book('BTC/USDT', source);
  await until(async () => (await prices.liveBook('sim', 'BTC/USDT'))?.state === 'live');
  expect((await prices.liveBook('sim', 'BTC/USDT'))?.bids).toEqual(levels.slice(0, 20));
  source.state = 'stale';
  writer.book('BTC/USDT', source);
  await until(async () => (await prices.liveBook('sim', 'BTC/USDT'))?.state === 'stale');
  expect(await redis.redis.pttl(bookKey('test', 'sim', 'BTC/USDT'))).toBeGreaterThan(0);
});

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 5));
}
