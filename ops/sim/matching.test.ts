import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Side } from '../../shared/domain/market.ts';
import { DepthDiffs } from './depth-diff.ts';
import { OrderBook } from './matching.ts';

const side = fc.constantFrom<Side>('buy', 'sell');
const ticks = fc.integer({ min: 90, max: 110 });
const lots = fc.integer({ min: 1, max: 50 });
const action = fc.oneof(
  fc.record({ kind: fc.constant('limit' as const), side, ticks, lots }),
  fc.record({ kind: fc.constant('postOnly' as const), side, ticks, lots }),
  fc.record({ kind: fc.constant('market' as const), side, lots }),
  fc.record({ kind: fc.constant('cancel' as const), nth: fc.nat(200) }),
);

test('any sequence of orders leaves the book uncrossed and every lot accounted for', () => {
  fc.assert(
    fc.property(fc.array(action, { maxLength: 200 }), (actions) => {
      const book = new OrderBook();
      const ids: number[] = [];
      let [entered, traded, expired, cancelled] = [0, 0, 0, 0];
      for (const act of actions) {
        const before = standing(book);
        if (act.kind === 'cancel') {
          const id = ids[act.nth];
          const isGone = id !== undefined && book.cancel(id);
          cancelled += before - standing(book);
          expect(standing(book) < before).toBe(isGone);
          continue;
        }
        if (act.kind === 'postOnly') {
          const order = book.postOnly(act.side, act.ticks, act.lots);
          if (order) ids.push(order.id);
          entered += order ? act.lots : 0;
          continue;
        }
        const { executions, resting } =
          act.kind === 'limit' ? book.limit(act.side, act.ticks, act.lots) : book.market(act.side, act.lots);
        const filled = executions.reduce((sum, execution) => sum + execution.lots, 0);
        entered += act.lots;
        traded += 2 * filled;
        if (resting) ids.push(resting.id);
        if (act.kind === 'market') expired += act.lots - filled;
        else expect(filled + (resting?.lots ?? 0)).toBe(act.lots);
        expectUncrossed(book);
      }
      expect(standing(book)).toBe(entered - traded - expired - cancelled);
    }),
  );
});

test('the better price trades first, and at one price the older order', () => {
  const book = new OrderBook();
  const late = book.limit('sell', 101, 5).resting;
  const first = book.limit('sell', 100, 5).resting;
  const second = book.limit('sell', 100, 5).resting;
  const { executions } = book.market('buy', 12);
  expect(executions.map(({ makerId, ticks, lots }) => [makerId, ticks, lots])).toEqual([
    [first?.id, 100, 5],
    [second?.id, 100, 5],
    [late?.id, 101, 2],
  ]);
});

test('a limit order never trades beyond its price', () => {
  const book = new OrderBook();
  book.limit('sell', 100, 5);
  book.limit('sell', 102, 5);
  expect(book.limit('buy', 101, 20)).toMatchObject({ executions: [{ ticks: 100 }], resting: { lots: 15 } });
});

test('depth diffs are contiguous and rebuild the book exactly', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(side, ticks, lots, fc.boolean()), { maxLength: 200 }), (orders) => {
      const diffs = new DepthDiffs(7);
      const book = new OrderBook(7, (changed, at) => diffs.note(changed, at));
      const copy = { buy: new Map<number, number>(), sell: new Map<number, number>() };
      let last = 7;
      for (const [orderSide, at, size, flushes] of orders) {
        book.limit(orderSide, at, size);
        const diff = flushes && diffs.flush(book);
        if (!diff) continue;
        expect(diff.first).toBe(last + 1);
        last = diff.last;
        for (const [price, left] of diff.bids) apply(copy.buy, price, left);
        for (const [price, left] of diff.asks) apply(copy.sell, price, left);
        expect([...copy.buy].sort(([a], [b]) => b - a)).toEqual(book.levels('buy'));
        expect([...copy.sell].sort(([a], [b]) => a - b)).toEqual(book.levels('sell'));
      }
    }),
  );
});

function apply(levels: Map<number, number>, price: number, left: number) {
  if (left) levels.set(price, left);
  else levels.delete(price);
}

function standing(book: OrderBook): number {
  return [...book.levels('buy'), ...book.levels('sell')].reduce((sum, [, size]) => sum + size, 0);
}

function expectUncrossed(book: OrderBook) {
  const bid = book.best('buy');
  const ask = book.best('sell');
  if (bid && ask) expect(bid[0]).toBeLessThan(ask[0]);
}
