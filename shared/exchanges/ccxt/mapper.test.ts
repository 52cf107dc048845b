import { expect, test } from '@jest/globals';
import { RejectError } from '../../errors.ts';
import { digitsOf, mapBook, mapCandle, mapQuote, mapTrade } from './mapper.ts';

const TOLD = { venue: 'ccxt:htx', symbol: 'BTC/USDT', receivedAt: 1_790_000_000_500 };
const TS = 1_790_000_000_000;

test.each([
  [61684.25, '61684.25'],
  [1e-7, '0.0000001'],
  [2.505e-5, '0.00002505'],
  [1e21, '1000000000000000000000'],
  [0, '0'],
])('%d is written in full, without an exponent', (value, text) => {
  expect(digitsOf(value)).toBe(text);
});

test('digits that a float can’t hold are those of the exchange’s own words', () => {
  const info = { p: '0.5', data: [{ q: '123456789.123456789012' }] };
  expect(digitsOf(Number('123456789.123456789012'), info)).toBe('123456789.123456789012');
  expect(digitsOf(0.1 + 0.2, {})).toBe('0.30000000000000004');
});

test.each([undefined, null, '1', Number.NaN, Number.POSITIVE_INFINITY])('%p is no number', (value) => {
  expect(digitsOf(value)).toBeUndefined();
});

const trade = { id: '7', timestamp: TS, side: 'sell', price: 61684.25, amount: 0.001, info: {} };

test('a trade', () => {
  expect(mapTrade(trade, TOLD)).toEqual({
    ...{ type: 'trade', venue: 'ccxt:htx', symbol: 'BTC/USDT', receivedAt: TOLD.receivedAt },
    ...{ id: '7', price: '61684.25', size: '0.001', side: 'sell', ts: TS },
  });
});

test('a trade without an id has one of its facts, the same whenever it is told', () => {
  const { id } = mapTrade({ ...trade, id: undefined }, TOLD);
  expect(id).toBe(`${TS}-sell-61684.25-0.001`);
  expect(mapTrade({ ...trade, id: undefined }, { ...TOLD, receivedAt: TS + 900 }).id).toBe(id);
});

test.each([
  ['side', { side: undefined }],
  ['price', { price: undefined }],
  ['price', { price: 0 }],
  ['amount', { amount: -1 }],
  ['timestamp', { timestamp: undefined }],
  ['timestamp', { timestamp: 5 }],
])('a trade whose %s is not there or absurd is refused: %j', (where, change) => {
  expect(() => mapTrade({ ...trade, ...change }, TOLD)).toThrow(RejectError);
  expect(() => mapTrade({ ...trade, ...change }, TOLD)).toThrow(where);
});

test('a book is its best hundred levels, at the time of receipt where the exchange says none', () => {
  const side = (step: number) =>
    Array.from({ length: 150 }, (_, at) => [100 + step * (at + 1), at === 3 ? 0 : 1e-7]);
  const { bids, asks, ts, kind } = mapBook({ bids: side(-0.5), asks: side(0.5) }, TOLD);
  expect([bids.length, asks.length, ts, kind]).toEqual([99, 99, TOLD.receivedAt, 'snapshot']);
  expect([bids[0], asks[0]]).toEqual([
    ['99.5', '0.0000001'],
    ['100.5', '0.0000001'],
  ]);
});

test('a quote, and none where a side or a size is left out', () => {
  const ticker = { timestamp: TS, bid: 1.5, bidVolume: 2, ask: 1.6, askVolume: 0.5 };
  expect(mapQuote(ticker, TOLD)).toMatchObject({
    bid: '1.5',
    bidSize: '2',
    ask: '1.6',
    askSize: '0.5',
    ts: TS,
  });
  expect(mapQuote({ ...ticker, bidVolume: undefined }, TOLD)).toBeUndefined();
});

test('a candle is open until another one comes', () => {
  expect(mapCandle([TS, 1, 2, 0.5, 1.5, 1e-7], '1m', TOLD)).toMatchObject({
    ...{ open: '1', high: '2', low: '0.5', close: '1.5', volume: '0.0000001' },
    ...{ closed: false, ts: TS, interval: '1m' },
  });
  expect(() => mapCandle([TS, 1, 2, 0.5, 1.5, undefined], '1m', TOLD)).toThrow(RejectError);
});
