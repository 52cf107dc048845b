import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { smaCross } from './sma-cross.ts';

const strategy = smaCross({ fast: 2, slow: 4 });
const run = (closes: string[], from = 0) => {
  const stream = strategy.start();
  return closes.slice(from).map((close) => stream.next(close));
};

test('a rise over the slow mean buys, a fall under it sells, and between them it is silent', () => {
  const closes = ['10', '10', '10', '10', '10', '12', '13', '9', '5', '4', '4'];
  const verdicts = run(closes);
  expect(verdicts.map((verdict) => verdict?.side)).toEqual([
    undefined,
    undefined,
    undefined,
    undefined,
    undefined,
    'buy',
    undefined,
    undefined,
    'sell',
    undefined,
    undefined,
  ]);
  expect(verdicts[5]?.details).toEqual({ ma2: '11', ma4: '10.5' });
});

test('flat closes, or too few, give no signal', () => {
  expect(run(Array(50).fill('0.1')).filter(Boolean)).toEqual([]);
  expect(run(['1', '2', '3', '9']).filter(Boolean)).toEqual([]);
});

test('from wherever the stream begins, a candle gets the same word once its look-back is seen', () => {
  const close = fc.integer({ min: 1, max: 30 }).map((tenths) => `${Math.floor(tenths / 10)}.${tenths % 10}`);
  fc.assert(
    fc.property(fc.array(close, { minLength: 10, maxLength: 60 }), fc.nat(50), (closes, cut) => {
      const from = Math.min(cut, closes.length - 1);
      const late = run(closes, from).slice(strategy.lookback);
      expect(late).toEqual(run(closes).slice(from + strategy.lookback));
    }),
  );
});
