import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Candle, MarketEvent, Quote, Trade } from '../../domain/market.ts';
import { Handover } from './handover.ts';

const of = (symbol: string, ts: number) => ({ venue: 'x', symbol, ts, receivedAt: ts });
const trade = (symbol: string, id: string, ts: number): Trade => ({
  ...{ type: 'trade', ...of(symbol, ts), id, price: '1', size: '1', side: 'buy' },
});
const quote = (ts: number): Quote => ({
  ...{ type: 'quote', ...of('A/B', ts), bid: String(ts), bidSize: '1', ask: '9', askSize: '1' },
});
const candle = (ts: number, close: string, closed: boolean): Candle => ({
  ...{ type: 'candle', ...of('A/B', ts), interval: '1m', open: '1', high: '9', low: '1', volume: '1' },
  ...{ close, closed },
});

/** How venues name trades: by a number, by a number beyond 2^53, by text without an order. */
const NAMES: Record<string, (n: number) => string> = {
  numbers: (n) => String(n + 95),
  'long numbers': (n) => `100000000000000${n + 95}`,
  text: (n) => `t-${(n * 7919) % 10_007}`,
};

describe.each(Object.entries(NAMES))('two sockets whose trades are named by %s', (_kind, nameOf) => {
  test('make one stream, whole and in order, however their frames fall between each other', () => {
    const history = fc.array(fc.constantFrom('A/B', 'C/D', 'E/F'), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(
        history,
        fc.nat(),
        fc.nat(8),
        fc.nat(3),
        fc.infiniteStream(fc.boolean()),
        fc.nat(20),
        (symbols, place, toldBefore, repeats, turns, patience) => {
          const truth = symbols.map((symbol, n) => trade(symbol, nameOf(n), 1_000 + n));
          const subscribed = place % truth.length;
          const before = truth.slice(0, Math.min(toldBefore, subscribed));
          const told: MarketEvent[] = [...before];
          const handover = new Handover(new Map(before.map((one) => [one.symbol, one])));
          const first = truth.slice(before.length);
          // Only what is numbered is ever repeated by a venue that we know.
          const repeated = nameOf === NAMES.text ? 0 : Math.min(repeats, before.length);
          const second = [...before.slice(before.length - repeated), ...truth.slice(subscribed)];
          let waited = 0;
          let [a, b] = [0, 0];
          const hasHeardOfSubscription = () => before.length + a >= subscribed;
          while (waited++ < patience || !hasHeardOfSubscription() || !handover.isOverlapping) {
            const { value: isFirst } = turns.next();
            if (isFirst && a < first.length) {
              const events = [first[a++] as Trade];
              handover.tell(events);
              told.push(...events);
            } else if (b < second.length) handover.keep([second[b++] as Trade]);
            else if (a === first.length) break;
          }
          told.push(...handover.release());
          for (; b < second.length; b++) told.push(...handover.sift([second[b] as Trade]));
          for (const symbol of ['A/B', 'C/D', 'E/F']) {
            const own = (events: MarketEvent[]) => events.filter((event) => event.symbol === symbol);
            expect(own(told)).toEqual(own(truth));
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});

test('a quote or a candle never goes back, and a candle that closed on the second alone is told', () => {
  const handover = new Handover(new Map());
  handover.tell([quote(5), candle(60_000, '2', false)]);
  handover.keep([
    ...[quote(3), candle(60_000, '3', true), candle(120_000, '4', true), candle(180_000, '5', false)],
  ]);
  expect(handover.release()).toEqual([
    candle(60_000, '3', true),
    candle(120_000, '4', true),
    candle(180_000, '5', false),
  ]);
  expect(
    handover.sift([quote(4), candle(120_000, '4', true), candle(180_000, '6', false), quote(6)]),
  ).toEqual([candle(180_000, '6', false), quote(6)]);
});

test('the trades that a venue repeats to whoever subscribes are told once; a row that began anew is told', () => {
  const last = trade('A/B', '10', 1_000);
  const handover = new Handover(new Map([['A/B', last]]));
  const repeated = [trade('A/B', '9', 990), last];
  expect(handover.sift([...repeated, trade('A/B', '11', 1_001)])).toEqual([trade('A/B', '11', 1_001)]);
  expect(handover.sift([trade('A/B', '1', 2_000)])).toHaveLength(1);
});
