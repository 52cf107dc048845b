import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type TestDatabase, testDatabase } from '../../ops/testing/services.ts';
import { addBadFrames, listBadFrames } from './bad-frames.ts';
import { findLastBook } from './books.ts';
import { findLastCandle, listCandles, listMissingCandles } from './candles.ts';
import { addMarketFacts } from './market.ts';
import { findLastTrade, findTradeBefore, findTradeSums, listMissingTradeIds, listTrades } from './trades.ts';

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db.drop());

const BTC = { venue: 'binance', symbol: 'BTC/USDT' };
const ETH = { venue: 'binance', symbol: 'ETH/USDT' };
const AT = Date.UTC(2024, 7, 8, 23, 59, 59, 999);
const SYMBOLS = { venue: 'binance', symbols: ['BTC/USDT', 'ETH/USDT'] };
const trades = {
  symbol: '{1,2,1}',
  ts: `{${AT},${AT},${AT + 2}}`,
  id: '{101,7,103}',
  price: '{61684.01,2505.5,0.00002505}',
  size: '{0.1,2,212.03315}',
  side: '{buy,sell,sell}',
};

test('trades come back exact, to the millisecond, on both sides of midnight, newest first', async () => {
  expect(await addMarketFacts(db.sql, { ...SYMBOLS, trades })).toEqual({
    trades: 3,
    candles: 0,
    books: 0,
    flows: 0,
    funding: 0,
    marks: 0,
  });
  expect([...(await listTrades(db.sql, { ...BTC, limit: 10 }))]).toEqual([
    { ...BTC, ts: AT + 2, id: '103', price: '0.00002505', size: '212.03315', side: 'sell' },
    { ...BTC, ts: AT, id: '101', price: '61684.01', size: '0.1', side: 'buy' },
  ]);
  expect(await listTrades(db.sql, { ...BTC, limit: 10, before: AT + 2 })).toHaveLength(1);
  expect(await findLastTrade(db.sql, ETH)).toMatchObject({ id: '7', ts: AT });
});

test('the same batch again adds no row, and a batch that overlaps adds only what is new', async () => {
  expect(await addMarketFacts(db.sql, { ...SYMBOLS, trades })).toMatchObject({ trades: 0 });
  const more = { ...trades, id: '{101,7,104}' };
  expect(await addMarketFacts(db.sql, { ...SYMBOLS, trades: more })).toMatchObject({ trades: 1 });
});

test('missing trade ids are found as stretches', async () => {
  const range = { fromId: '100', toId: '106', since: AT - 1000 };
  expect([...(await listMissingTradeIds(db.sql, { ...BTC, ...range }))]).toEqual([
    { fromId: '100', toId: '100' },
    { fromId: '102', toId: '102' },
    { fromId: '105', toId: '106' },
  ]);
  expect(await findTradeBefore(db.sql, { ...BTC, beforeId: '103' })).toEqual({ id: '101', ts: AT });
  expect(await findTradeSums(db.sql, { ...BTC, from: AT, to: AT + 2 })).toEqual({
    rows: 3,
    totalSize: '424.1663',
    firstId: '101',
    lastId: '104',
  });
});

test('a batch of several kinds is one transaction: a bad column leaves nothing behind', async () => {
  const other = { ...trades, id: '{901,902,903}' };
  const books = { symbol: '{1}', ts: `{${AT}}`, bids: '{"[[\\"1\\",\\"2\\"]]"}', asks: '{not json}' };
  await expect(addMarketFacts(db.sql, { ...SYMBOLS, trades: other, books })).rejects.toThrow('json');
  expect(await listTrades(db.sql, { ...BTC, limit: 10 })).not.toContainEqual(
    expect.objectContaining({ id: '901' }),
  );
  const good = { ...books, asks: '{"[[\\"3\\",\\"4\\"]]"}' };
  expect(await addMarketFacts(db.sql, { ...SYMBOLS, trades: other, books: good })).toMatchObject({
    trades: 3,
    books: 1,
  });
  expect(await findLastBook(db.sql, BTC)).toEqual({ ...BTC, ts: AT, bids: [['1', '2']], asks: [['3', '4']] });
});

test('candles are listed ascending: the newest without from, the first ones with it', async () => {
  const minute = 60_000;
  const start = Date.UTC(2024, 7, 8);
  const opens = [0, 1, 2, 5].map((n) => start + n * minute);
  const column = (value: string) => `{${opens.map(() => value).join()}}`;
  const candles = {
    symbol: column('1'),
    ts: `{${opens.join()}}`,
    interval: column('1m'),
    open: column('1.5'),
    high: column('2'),
    low: column('1'),
    close: column('1.25'),
    volume: column('0'),
  };
  expect(await addMarketFacts(db.sql, { ...SYMBOLS, candles })).toMatchObject({ candles: 4 });
  const of = { ...BTC, interval: '1m' } as const;
  expect((await listCandles(db.sql, { ...of, limit: 2 })).map(({ ts }) => ts)).toEqual(opens.slice(2));
  expect((await listCandles(db.sql, { ...of, from: start, limit: 2 })).map(({ ts }) => ts)).toEqual(
    opens.slice(0, 2),
  );
  expect(await findLastCandle(db.sql, of)).toEqual({
    ...of,
    ts: opens[3],
    open: '1.5',
    high: '2',
    low: '1',
    close: '1.25',
    volume: '0',
  });
  const span = { from: start - minute, to: start + 7 * minute, stepMs: minute };
  expect([...(await listMissingCandles(db.sql, { ...of, ...span }))]).toEqual([
    { from: start - minute, to: start },
    { from: start + 3 * minute, to: start + 5 * minute },
    { from: start + 6 * minute, to: start + 7 * minute },
  ]);
});

test('a bad frame is kept once, whatever bytes it holds', async () => {
  const frame = { receivedAt: AT, reason: 'cut JSON', bytes: 9, head: '{"a\u0000\ud800', digest: 'd1' };
  expect(await addBadFrames(db.sql, 'sim', [frame])).toBe(1);
  expect(await addBadFrames(db.sql, 'sim', [frame])).toBe(0);
  expect(await listBadFrames(db.sql, { venue: 'sim' })).toMatchObject([
    { venue: 'sim', receivedAt: AT, reason: 'cut JSON', bytes: 9, head: '{"a\\u0000\ufffd', digest: 'd1' },
  ]);
});
