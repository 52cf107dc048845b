import { expect, test } from '@jest/globals';
import type { FlowFacts } from '../domain/order-flow.ts';
import { flowCross } from './flow-cross.ts';

const CLOSES = ['10', '10', '10', '10', '10', '12', '13', '9', '5'];
const flowOf = (imbalance: number) => ({ imbalance }) as FlowFacts;
const run = (imbalances: (number | undefined)[]) => {
  const stream = flowCross({ fast: 2, slow: 4, imbalance: 0.2 }).start();
  return CLOSES.map((close, i) => {
    const imbalance = imbalances[i];
    return stream.next(close, imbalance === undefined ? undefined : flowOf(imbalance));
  });
};
const sides = (imbalances: (number | undefined)[]) =>
  run(imbalances).flatMap((verdict) => verdict?.side ?? []);
const all = (imbalance: number) => CLOSES.map(() => imbalance);

test('a crossing counts where the book agrees, and says how much', () => {
  expect(sides([...all(0.5).slice(0, 8), -0.5])).toEqual(['buy', 'sell']);
  expect(run(all(0.5))[5]).toEqual({
    side: 'buy',
    details: { ma2: '11', ma4: '10.5', imbalance: '0.500000' },
  });
});

test('a book that disagrees, is even or is not known keeps it silent', () => {
  expect(sides(all(-0.5))).toEqual(['sell']);
  expect(sides(all(0.1))).toEqual([]);
  expect(sides(CLOSES.map(() => undefined))).toEqual([]);
});
