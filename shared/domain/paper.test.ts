import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { affordableSize, walkBook } from './book-walk.ts';
import { Decimal } from './decimal.ts';
import type { Level } from './market.ts';
import { applyCash, applyTrade, averagePrice, FLAT } from './position.ts';

const decimal = (min: number, max: number, places: number) =>
  fc.integer({ min, max }).map((n) => new Decimal(n).div(10 ** places).toFixed());
const level = fc.tuple(decimal(1, 10_000_000, 2), decimal(1, 1_000_000_000, 8));
const asks = fc
  .array(level, { maxLength: 20 })
  .map((levels): Level[] => [...levels].sort((a, b) => new Decimal(a[0]).cmp(b[0])));
const feeRate = decimal(0, 50, 4);
const sum = (values: string[]) => values.reduce((total, each) => total.plus(each), new Decimal(0)).toFixed();

test('a walk takes level by level from the best and says which ran out, book or cash', () => {
  const levels: Level[] = [
    ['100', '1'],
    ['101', '2'],
  ];
  expect(walkBook(levels, '1.5', { feeRate: '0.001' })).toEqual({
    takes: [
      { price: '100', size: '1', fee: '0.1' },
      { price: '101', size: '0.5', fee: '0.0505' },
    ],
    filled: '1.5',
    notional: '150.5',
    fee: '0.1505',
    short: null,
  });
  expect(walkBook(levels, '5', { feeRate: '0' })).toMatchObject({ filled: '3', short: 'book' });
  expect(walkBook(levels, '3', { feeRate: '0', cash: '150.5' })).toMatchObject({
    filled: '1.5',
    short: 'cash',
  });
  expect(walkBook([], '3', { feeRate: '0' })).toMatchObject({ filled: '0', takes: [], short: 'book' });
});

test('what is affordable is affordable to the last digit, also where the quotient would be rounded up', () => {
  const cash = new Decimal('15000000').minus('0.000000000001').toFixed();
  expect(affordableSize(cash, '15000000', '0').toFixed()).toBe('0.99999999');
});

test('a walk never takes more than was asked, offered or can be paid, and its sums are exact', () => {
  fc.assert(
    fc.property(
      asks,
      decimal(1, 5_000_000_000, 8),
      feeRate,
      decimal(0, 1_000_000, 2),
      (levels, size, rate, cash) => {
        const walk = walkBook(levels, size, { feeRate: rate, cash });
        expect(sum(walk.takes.map((take) => take.size))).toBe(walk.filled);
        expect(sum(walk.takes.map((take) => new Decimal(take.price).times(take.size).toFixed()))).toBe(
          walk.notional,
        );
        expect(sum(walk.takes.map((take) => take.fee))).toBe(walk.fee);
        expect(new Decimal(walk.notional).times(rate).toFixed()).toBe(walk.fee);
        expect(new Decimal(walk.filled).lte(size)).toBe(true);
        expect(new Decimal(walk.notional).plus(walk.fee).lte(cash)).toBe(true);
        expect(walk.short === null).toBe(new Decimal(walk.filled).eq(size));
      },
    ),
  );
});

test('what cash buys is never more than it pays for, and one step more would be', () => {
  fc.assert(
    fc.property(decimal(1, 100_000_000, 2), decimal(1, 10_000_000, 2), feeRate, (cash, price, rate) => {
      const size = affordableSize(cash, price, rate);
      const price1 = new Decimal(price).times(new Decimal(rate).plus(1));
      expect(size.times(price1).lte(cash)).toBe(true);
      expect(size.plus('0.00000002').times(price1).gt(cash)).toBe(true);
    }),
  );
});

test('cash + cost + fees - realized profit is the opening cash, to the last digit, whatever was traded', () => {
  const trade = fc.record({
    side: fc.constantFrom('buy', 'sell'),
    share: fc.integer({ min: 1, max: 7 }),
    levels: asks,
    rate: feeRate,
  });
  fc.assert(
    fc.property(fc.array(trade, { maxLength: 12 }), (trades) => {
      const opening = '100000';
      let [cash, holding] = [opening, FLAT];
      for (const { side, share, levels, rate } of trades) {
        const size =
          side === 'buy'
            ? '3'
            : share === 7
              ? holding.size
              : new Decimal(holding.size).times(share).div(7).round(8, 0).toFixed();
        if (new Decimal(size).lte(0)) continue;
        const walk = walkBook(levels, size, { feeRate: rate, cash: side === 'buy' ? cash : undefined });
        const done = { size: walk.filled, notional: walk.notional, fee: walk.fee };
        holding = applyTrade(holding, side, done);
        cash = applyCash(cash, side, done);
        expect(new Decimal(cash).gte(0)).toBe(true);
        expect(new Decimal(holding.cost).gte(0)).toBe(true);
        expect(
          new Decimal(cash).plus(holding.cost).plus(holding.fees).minus(holding.realizedPnl).toFixed(),
        ).toBe(opening);
        if (holding.size === '0') expect(holding.cost).toBe('0');
      }
    }),
  );
});

test('the mean price is the cost over the size; selling more than is held throws', () => {
  const bought = applyTrade(FLAT, 'buy', { size: '2', notional: '201', fee: '0.2' });
  expect(averagePrice(bought)).toBe('100.5');
  expect(averagePrice(FLAT)).toBe('0');
  const sold = applyTrade(bought, 'sell', { size: '2', notional: '210', fee: '0.21' });
  expect(sold).toEqual({ size: '0', cost: '0', realizedPnl: '9', fees: '0.41' });
  expect(() => applyTrade(bought, 'sell', { size: '3', notional: '300', fee: '0' })).toThrow(
    "can't sell 3 of 2",
  );
});
