import { expect, test } from '@jest/globals';
import { Candles } from './candles.ts';
import { list } from './listing.ts';
import { Market, STEP_MS, type Step } from './market.ts';
import { Tape } from './tape.ts';

const START = Date.UTC(2025, 0, 1);
const MINUTES = 60_000;

function run(symbol: string, seed: number, ms: number, rate = 20, onStep: (step: Step) => void = () => {}) {
  const market = new Market(list(symbol), {
    seed,
    startTs: START,
    tape: new Tape(1e6),
    candles: new Candles(),
  });
  for (let ts = START; ts < START + ms; ts += STEP_MS) onStep(market.step(rate));
  return market;
}

/** Seconds at which the mean of the last 50 closes crosses that of the last 200. */
function crossings(market: Market): number[] {
  const closes = market.candles.bars(1_000, 0, Number.MAX_SAFE_INTEGER, 100_000).map((bar) => bar.close);
  const mean = (end: number, n: number) => closes.slice(end - n, end).reduce((a, b) => a + b, 0) / n;
  const above = Array.from({ length: closes.length - 200 }, (_, i) => mean(i + 200, 50) > mean(i + 200, 200));
  return above.flatMap((is, i) => (i > 0 && is !== above[i - 1] ? [i] : []));
}

const SEEDS = [7, 42, 1234];
test.each(SEEDS.flatMap((seed) => ['BTC/USDT', 'ETH/USDT'].map((symbol) => ({ seed, symbol }))))(
  'the 50 and 200 second means of $symbol cross about every 40 s with seed $seed',
  ({ seed, symbol }) => {
    const at = crossings(run(symbol, seed, 30 * MINUTES));
    const gaps = at.slice(1).map((second, i) => second - (at[i] as number));
    const mean = gaps.reduce((a, b) => a + b, 0) / gaps.length;
    expect(mean).toBeGreaterThan(25);
    expect(mean).toBeLessThan(60);
    expect(Math.max(...gaps)).toBeLessThan(120);
  },
);

test('the same seed, time and rate give the same tape, another seed another', () => {
  const tape = (seed: number) => run('BTC/USDT', seed, 2 * MINUTES).tape;
  const all = (seed: number) => tape(seed).from(0, 1e6);
  expect(all(3)).toEqual(all(3));
  expect(all(3)).not.toEqual(all(4));
});

test.each([20, 250, 2_500])('makes %i events a second and keeps the book deep and uncrossed', (rate) => {
  let events = 0;
  let thinnest = Number.POSITIVE_INFINITY;
  const seconds = rate > 1_000 ? 10 : 120;
  const market = run('ETH/USDT', 5, seconds * 1_000, rate, (step) => {
    events += step.trades.length + (step.ticker ? 1 : 0) + (step.depth ? 1 : 0);
  });
  const bids = market.book.levels('buy');
  const asks = market.book.levels('sell');
  thinnest = Math.min(bids.length, asks.length);
  expect(events / seconds / rate).toBeGreaterThan(0.97);
  expect(events / seconds / rate).toBeLessThan(1.03);
  expect(thinnest).toBeGreaterThanOrEqual(20);
  expect(asks[0]?.[0]).toBeGreaterThan(bids[0]?.[0] as number);
});
