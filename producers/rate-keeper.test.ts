import { expect, test } from '@jest/globals';
import { RateKeeper } from './rate-keeper.ts';

const origin = { venue: 'binance', symbol: 'BTC/USDT:USDT', receivedAt: 0 };

test('a funding rate is kept when it, or the time it is due, is another', () => {
  const keeper = new RateKeeper();
  const said = (rate: string, nextFundingTs: number, symbol = origin.symbol) =>
    keeper.isNewFunding({ type: 'funding', ...origin, symbol, ts: 1, rate, nextFundingTs });
  expect([said('0.1', 8), said('0.1', 8), said('0.2', 8), said('0.2', 16), said('0.1', 8)]).toEqual([
    ...[true, false, true, true, true],
  ]);
  expect(said('0.1', 8, 'ETH/USDT:USDT')).toBe(true);
});

test('one mark price is kept a second, the first', () => {
  const keeper = new RateKeeper();
  const due = (ts: number) => keeper.isDueMark({ type: 'mark', ...origin, ts, price: '1' });
  expect([5_000, 5_100, 5_999, 6_000, 5_999, 8_200].map(due)).toEqual([
    ...[true, false, false, true, false, true],
  ]);
});
