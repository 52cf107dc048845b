import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Decimal } from '../domain/decimal.ts';
import { Sma } from './sma.ts';

const price = fc.integer({ min: 1, max: 10_000_000 }).map((cents) => new Decimal(cents).div(100).toFixed());

test('the mean is the exact sum of the last values over their number, and absent before', () => {
  fc.assert(
    fc.property(fc.array(price, { maxLength: 40 }), fc.integer({ min: 1, max: 8 }), (prices, period) => {
      const sma = new Sma(period);
      prices.forEach((value, i) => {
        sma.add(value);
        const window = prices.slice(Math.max(0, i + 1 - period), i + 1);
        const sum = window.reduce((total, each) => total.plus(each), new Decimal(0));
        expect(sma.value?.toFixed()).toBe(window.length < period ? undefined : sum.div(period).toFixed());
      });
    }),
  );
});
