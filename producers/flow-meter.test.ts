import { expect, test } from '@jest/globals';
import type { BookUpdate, Side, Trade } from '../shared/domain/market.ts';
import { Book } from '../shared/exchanges/book.ts';
import { FlowMeter } from './flow-meter.ts';

const OF = { venue: 'sim', symbol: 'BTC/USDT' };
const meter = () => new FlowMeter({ everyMs: 1_000, depthBp: 10, notional: 100 });
const bookAt = (ts: number): Book => {
  const book = new Book({ snapshot: 'stream' });
  const snapshot: BookUpdate = {
    ...OF,
    type: 'book',
    kind: 'snapshot',
    ts,
    receivedAt: ts + 5,
    bids: [['99', '2']],
    asks: [['101', '1']],
  };
  book.apply(snapshot);
  return book;
};
const trade = (side: Side, size: string): Trade => ({
  ...OF,
  type: 'trade',
  id: '1',
  price: '100',
  size,
  side,
  ts: 0,
  receivedAt: 0,
});

test('the first live book of each stretch gives facts, by the exchange’s clock', () => {
  const made = meter();
  const given = [5_100, 5_900, 5_999, 6_000, 6_001, 5_950, 9_500].map(
    (ts) => made.book(OF.symbol, bookAt(ts))?.ts,
  );
  expect(given).toEqual([5_100, undefined, undefined, 6_000, undefined, undefined, 9_500]);
});

test('what takers bought and sold since the last facts goes with them', () => {
  const made = meter();
  made.trade(trade('buy', '0.5'));
  made.trade(trade('sell', '2'));
  made.trade(trade('buy', '0.25'));
  expect(made.book(OF.symbol, bookAt(1_000))).toMatchObject({ buyVolume: 0.75, sellVolume: 2 });
  expect(made.book(OF.symbol, bookAt(2_000))).toMatchObject({
    buyVolume: 0,
    sellVolume: 0,
    imbalance: 1 / 3,
  });
});

test('a book that is not live says nothing, and neither does a cadence of 0', () => {
  const stale = bookAt(1_000);
  stale.disconnect();
  expect(meter().book(OF.symbol, stale)).toBeUndefined();
  const off = new FlowMeter({ everyMs: 0, depthBp: 10, notional: 100 });
  expect(off.book(OF.symbol, bookAt(1_000))).toBeUndefined();
});
