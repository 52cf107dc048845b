import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { createLog } from '../../shared/log.ts';
import { fromLedger, type WireTrade } from './ledger.ts';
import type { Market } from './market.ts';
import { SimVenue } from './venue.ts';

const START = Date.UTC(2025, 5, 1, 12);
const MINUTE = 60_000;
const SHORT = 6 * MINUTE;
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-sim-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const open = (at: number, historyMs?: number) =>
  new SimVenue(
    {
      symbols: ['BTC/USDT', 'ETH/USDT'],
      seed: 9,
      eventsPerSecond: 40,
      historyMs,
      folder,
      log: createLog('test', 'fatal'),
    },
    at,
  );
const btc = (venue: SimVenue) => venue.markets.get('BTCUSDT') as Market;

function runUntil(venue: SimVenue, at: number) {
  while (venue.advance(at, () => {}));
}

function ledgerLines(): WireTrade[] {
  return readdirSync(folder)
    .sort()
    .flatMap((name) => readFileSync(join(folder, name), 'utf8').split('\n').filter(Boolean))
    .map((line) => JSON.parse(line) as WireTrade);
}
/** The values that are not their predecessor plus `step`. */
const breaks = (values: number[], step = 1) =>
  values.filter((value, i) => i > 0 && value !== (values[i - 1] as number) + step);
const idsOf = (symbol: string) => ledgerLines().flatMap(({ s, t }) => (s === symbol ? [t] : []));

test('a venue without a past opens with enough candles for the slow mean, twice and more', () => {
  const venue = open(START);
  const bars = btc(venue).candles.bars(1_000, 0, START, 100_000);
  expect(bars.length).toBeGreaterThan(1_500);
  expect(
    breaks(
      bars.map(({ ts }) => ts),
      1_000,
    ),
  ).toEqual([]);
  venue.close();
});

test('a restart after kill -9 goes on with ids and prices, without a hole or a repeat', () => {
  const first = open(START, SHORT);
  runUntil(first, START + 10_000);
  const before = btc(first).tape.last();
  // No close: the process is gone, and its last write was cut.
  appendFileSync(join(folder, readdirSync(folder).sort().at(-1) as string), '{"s":"BTCUSDT","t":12');
  const second = open(START + 5 * MINUTE, SHORT);
  runUntil(second, START + 5 * MINUTE + 10_000);
  second.close();

  for (const symbol of ['BTCUSDT', 'ETHUSDT']) {
    expect(breaks(idsOf(symbol))).toEqual([]);
  }
  expect(before && btc(second).tape.at(before.id)).toEqual(before);
  const jumps = ledgerLines().flatMap(({ s, p }) => (s === 'BTCUSDT' ? [Number(p)] : []));
  const moves = jumps.slice(1).map((price, i) => Math.abs(price / (jumps[i] as number) - 1));
  expect(moves.filter((move) => move > 0.002)).toEqual([]);
  const during = btc(second).candles.bars(1_000, START + 10_000, START + 5 * MINUTE, 1_000);
  expect(during.length).toBe(291);
});

test('a stop longer than two hours leaves a hole in the candles and none in the ids', () => {
  open(START, SHORT).close();
  const later = START + 26 * 60 * MINUTE;
  const venue = open(later, SHORT);
  expect(breaks(idsOf('BTCUSDT'))).toEqual([]);
  expect(btc(venue).candles.bars(1_000, START + MINUTE, later - 60 * MINUTE, 100)).toEqual([]);
  expect(btc(venue).candles.bars(1_000, later - 5 * MINUTE, later, 100).length).toBe(100);
  venue.close();
});

test('what is told has been in the ledger before', () => {
  const venue = open(START, SHORT);
  let told = 0;
  venue.advance(START + 1_000, (moved) => {
    const written = new Set(ledgerLines().map(({ s, t }) => `${s} ${t}`));
    for (const [{ listing }, { trades }] of moved) {
      for (const { id } of trades) expect(written.has(`${listing.id} ${id}`)).toBe(true);
      told += trades.length;
    }
  });
  expect(told).toBeGreaterThan(5);
  venue.close();
});

test.each([1_000, MINUTE, 5 * MINUTE])('klines of %i ms equal candles recomputed from the ledger', (ms) => {
  const venue = open(START, SHORT);
  runUntil(venue, START + 3_000);
  venue.close();
  const market = btc(venue);
  const groups = new Map<number, WireTrade[]>();
  for (const trade of ledgerLines().filter(({ s }) => s === 'BTCUSDT')) {
    const ts = Math.floor(trade.T / ms) * ms;
    const group = groups.get(ts) ?? [];
    groups.set(ts, group);
    group.push(trade);
  }
  const bars = market.candles.bars(ms, 0, START + MINUTE, 100_000);
  const traded = bars.filter((bar) => bar.trades);
  expect(traded.map(({ ts }) => ts)).toEqual([...groups.keys()]);
  for (const bar of traded.slice(-1_000)) {
    const trades = (groups.get(bar.ts) ?? []).map((line) => fromLedger(line, market.listing));
    const prices = trades.map(({ ticks }) => ticks);
    expect(bar).toMatchObject({
      open: prices[0],
      close: prices.at(-1),
      high: Math.max(...prices),
      low: Math.min(...prices),
      trades: trades.length,
      lots: trades.reduce((sum, { lots }) => sum + lots, 0),
      firstId: trades[0]?.id,
      lastId: trades.at(-1)?.id,
      quote: trades.reduce((sum, { ticks, lots }) => sum + BigInt(ticks) * BigInt(lots), 0n),
    });
  }
  for (const [i, bar] of bars.entries()) {
    if (!bar.trades && i) expect(bar).toMatchObject({ open: bars[i - 1]?.close, lots: 0, firstId: -1 });
  }
});

test('10,000 USDT at the market fill within 3 basis points of the touch', () => {
  const venue = open(START, SHORT);
  const { book, listing } = btc(venue);
  const ask = book.best('sell')?.[0] as number;
  const lots = Math.round((10_000 / (ask / 10 ** listing.priceDecimals)) * 10 ** listing.sizeDecimals);
  const { executions } = book.market('buy', lots);
  const paid = executions.reduce((sum, { ticks, lots: part }) => sum + ticks * part, 0);
  expect(executions.reduce((sum, execution) => sum + execution.lots, 0)).toBe(lots);
  expect(paid / lots / ask - 1).toBeLessThan(0.0003);
  venue.close();
});
