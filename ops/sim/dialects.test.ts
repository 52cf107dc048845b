import { describe, expect, test } from '@jest/globals';
import type { MarketEvent, Trade } from '../../shared/domain/market.ts';
import { INTERVALS } from '../../shared/domain/market.ts';
import { subscriptionsOf } from '../../shared/exchanges/subscriptions.ts';
import { findVenue } from '../../shared/exchanges/venues.ts';
import { DIALECTS } from './dialects/index.ts';
import { symbolsOf } from './dialects/symbols.ts';
import type { Market } from './market.ts';
import { Rehearsal, type Sent } from './rehearsal.ts';

const START = Date.UTC(2026, 0, 1);
const SECONDS = 70;

/** Runs an adapter on its dialect for a while; every event that it told, and how often its books were compared. */
function run(venueName: string, marketName: string) {
  const dialect = DIALECTS.find(({ venue, market }) => venue === venueName && market === marketName);
  if (!dialect) throw new Error(`no dialect of ${venueName} ${marketName}`);
  const venue = findVenue(venueName, marketName);
  const symbols = symbolsOf(dialect, ['BTC', 'ETH']);
  const subscriptions = subscriptionsOf(venue, symbols, venue.intervals.includes('1m') ? ['1m'] : ['5m']);
  const rehearsal = new Rehearsal(dialect, venue, {
    symbols,
    subscriptions,
    seed: 11,
    startTs: START,
    eventsPerSecond: 100,
  });
  const firstIds = rehearsal.markets.map(({ tape }) => tape.nextId);
  const events: MarketEvent[] = [];
  const take = (frames: Sent[]) => {
    for (const frame of frames) {
      const reading = rehearsal.take(frame);
      if (!reading) throw new Error(`refused: ${frame.text.slice(0, 300)}`);
      if (reading.kind !== 'ignored' && reading.control?.type === 'refused')
        throw new Error(reading.control.reason);
      if (reading.kind === 'events') events.push(...reading.events);
    }
  };
  take(rehearsal.open());
  let compared = 0;
  for (let ms = 0; ms < SECONDS * 1_000; ms += 50) {
    take(rehearsal.step());
    for (const market of rehearsal.markets) {
      const book = rehearsal.books.get(market.listing.symbol);
      if (ms > 200 && book?.state !== 'live') take(rehearsal.resync(market));
      if (ms < 1_000 || market.ts % 100 !== 0) continue;
      const isTrue = JSON.stringify(book?.top(50)) === JSON.stringify(rehearsal.truth(market, 50));
      if (isTrue && book?.state === 'live') compared++;
      else
        expect([market.ts, book?.state, book?.top(50)]).toEqual([
          market.ts,
          'live',
          rehearsal.truth(market, 50),
        ]);
    }
  }
  return { rehearsal, events, compared, firstIds };
}

describe.each(DIALECTS.map(({ venue, market }) => [venue, market]))(
  '%s %s at the simulated exchange',
  (venue, market) => {
    const { rehearsal, events, compared, firstIds } = run(venue as string, market as string);
    const of = <T extends MarketEvent['type']>(type: T, { listing }: Market) =>
      events.filter((event) => event.type === type && event.symbol === listing.symbol) as Extract<
        MarketEvent,
        { type: T }
      >[];

    test('its trades are those of the engine: ids, prices, sizes, taker sides, times', () => {
      rehearsal.markets.forEach((each, index) => {
        const ids = new Set(rehearsal.trades(each, firstIds[index] as number).map(({ id }) => id));
        const told = of('trade', each).filter(({ id }) => ids.has(id));
        expect(told.length).toBeGreaterThan(500);
        expect(told.map(({ id, price, size, side, ts }: Trade) => ({ id, price, size, side, ts }))).toEqual(
          rehearsal.trades(each, firstIds[index] as number),
        );
      });
    });

    test('its books are the engine’s after every change, fifty levels, without a gap, every checksum true', () => {
      expect(compared).toBeGreaterThan(1_300);
      for (const each of rehearsal.markets) {
        const { counters } = rehearsal.books.get(each.listing.symbol) as NonNullable<
          ReturnType<Rehearsal['books']['get']>
        >;
        expect(counters.gaps).toBe(0);
        expect(counters.checksums.bad).toBe(0);
        if (rehearsal.venue.book.checksum) expect(counters.checksums.ok).toBeGreaterThan(600);
      }
    });

    test('its quotes are the best of the book, its closed candles the engine’s', () => {
      for (const each of rehearsal.markets) {
        const { bids, asks } = rehearsal.truth(each, 1);
        const last = of('quote', each).at(-1);
        expect([last?.bid, last?.bidSize, last?.ask, last?.askSize]).toEqual([
          ...(bids[0] ?? []),
          ...(asks[0] ?? []),
        ]);
        const closed = of('candle', each).filter((candle) => candle.closed && candle.ts >= START);
        if (!rehearsal.venue.intervals.includes('1m')) continue;
        expect(closed.length).toBeGreaterThan(0);
        for (const candle of closed) {
          const bar = each.candles.bar(candle.ts, INTERVALS[candle.interval]);
          expect(Number(candle.close) * 10 ** each.listing.priceDecimals).toBeCloseTo(bar?.close ?? 0, 3);
          expect(Number(candle.volume) * 10 ** each.listing.sizeDecimals).toBeCloseTo(bar?.lots ?? 0, 3);
        }
      }
    });

    test('lawful oddities of its sequence rule are no gaps', () => {
      for (const line of rehearsal.lines) {
        for (const name of line.session.quirks) {
          for (const frame of line.session.quirk(name, rehearsal.ts)) rehearsal.take({ ...frame, line });
          for (let step = 0; step < 20; step++) for (const frame of rehearsal.step()) rehearsal.take(frame);
          for (const each of rehearsal.markets) {
            const book = rehearsal.books.get(each.listing.symbol);
            expect([name, book?.state, book?.counters.gaps]).toEqual([name, 'live', 0]);
            expect(book?.top(50)).toEqual(rehearsal.truth(each, 50));
          }
        }
      }
    });
  },
);
