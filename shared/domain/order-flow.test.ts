import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Level } from './market.ts';
import { readBookFacts } from './order-flow.ts';

const LOOK = { depthBp: 100, notional: 150 };

test('the facts of a small book, reckoned by hand', () => {
  const bids: Level[] = [
    ['99.5', '1'],
    ['99', '3'],
    ['90', '6'],
  ];
  const asks: Level[] = [
    ['100.5', '1'],
    ['101', '1'],
  ];
  const facts = readBookFacts(bids, asks, LOOK);
  expect(facts).toMatchObject({ depthBp: 100, notional: 150, spreadBp: 100, bidDepth: 4, askDepth: 2 });
  expect(facts?.imbalance).toBeCloseTo((10 - 2) / 12, 12);
  expect(facts?.bidConcentration).toBeCloseTo(0.01 + 0.09 + 0.36, 12);
  expect(facts?.askConcentration).toBeCloseTo(0.5, 12);
  // 100.5 for one, then 49.5 / 101 of the next.
  expect(facts?.buySlippageBp).toBeCloseTo((150 / (1 + 49.5 / 101) - 100) * 100, 9);
  // 99.5 for one, then 50.5 / 99 of the next.
  expect(facts?.sellSlippageBp).toBeCloseTo((100 - 150 / (1 + 50.5 / 99)) * 100, 9);
});

test('a book that is too thin for the size has no slippage, one with an empty side no facts', () => {
  const bids: Level[] = [['99', '0.1']];
  expect(readBookFacts(bids, [['101', '10']], LOOK)).toMatchObject({ sellSlippageBp: null });
  expect(readBookFacts(bids, [], LOOK)).toBeUndefined();
});

test('whatever the book: imbalance, concentration, spread and slippage stay within their bounds', () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 1_000 }), { minLength: 1, maxLength: 40 });
  fc.assert(
    fc.property(sizes, sizes, fc.integer({ min: 1, max: 100_000 }), (bidSizes, askSizes, notional) => {
      const bids = bidSizes.map((size, i): Level => [String(100 - (i + 1) / 100), String(size / 100)]);
      const asks = askSizes.map((size, i): Level => [String(100 + (i + 1) / 100), String(size / 100)]);
      const facts = readBookFacts(bids, asks, { depthBp: 20, notional });
      if (!facts) throw new Error('no facts');
      expect(Math.abs(facts.imbalance)).toBeLessThan(1);
      for (const share of [facts.bidConcentration, facts.askConcentration]) {
        expect(share).toBeGreaterThanOrEqual(0.1 - 1e-12);
        expect(share).toBeLessThanOrEqual(1 + 1e-12);
      }
      for (const slippage of [facts.buySlippageBp, facts.sellSlippageBp]) {
        if (slippage !== null) expect(slippage).toBeGreaterThanOrEqual(facts.spreadBp / 2 - 1e-6);
      }
    }),
  );
});
