import { expect, test } from '@jest/globals';
import { assertMove, isFinal, ORDER_MOVES } from './order-states.ts';
import { ORDER_STATES } from './trading.ts';

test('every move that is not in the table throws, every one that is does not', () => {
  for (const from of ORDER_STATES) {
    const legal: readonly string[] = ORDER_MOVES[from];
    for (const to of ORDER_STATES) {
      if (legal.includes(to)) expect(() => assertMove(from, to)).not.toThrow();
      else expect(() => assertMove(from, to)).toThrow(`${from} to ${to}`);
    }
  }
});

test('nothing leads out of a final state and nothing leads back to the intent', () => {
  expect(ORDER_STATES.filter(isFinal)).toEqual(['FILLED', 'CANCELLED', 'REJECTED', 'EXPIRED']);
  expect(Object.values(ORDER_MOVES).flat()).not.toContain('INTENT');
});
