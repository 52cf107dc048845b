import type { Subscription } from '../../shared/exchanges/venue.ts';
import { findVenue } from '../../shared/exchanges/venues.ts';
import type { Dialect } from '../sim/dialect.ts';
import { symbolsOf } from '../sim/dialects/symbols.ts';
import { Rehearsal } from '../sim/rehearsal.ts';
import type { FrameSet } from './frames.ts';

const START = Date.UTC(2026, 0, 5, 12);
const SEED = 7;
/** Of 50 ms each: so many events a second that a frame of several trades has one to three. */
const EVENTS_PER_SECOND = 60;
const CHANNELS = ['trades', 'book', 'quotes'] as const;
type Rehearsed = (typeof CHANNELS)[number];

/** Trades, book changes and best quotes of one symbol, in the venue's own words as the simulated exchange has them. */
export function rehearsedFrames(
  dialect: Dialect,
  count: number,
  channels: readonly Rehearsed[] = CHANNELS,
): FrameSet {
  const { venue: name, market } = dialect;
  const venue = findVenue(name, market);
  const symbols = symbolsOf(dialect, ['BTC']).slice(0, 1);
  const subscriptions = symbols.flatMap((symbol) =>
    channels.map((channel): Subscription => ({ channel, symbol })),
  );
  const options = { symbols, subscriptions, seed: SEED, startTs: START, eventsPerSecond: EVENTS_PER_SECOND };
  const rehearsal = new Rehearsal(dialect, venue, options);
  const opening = rehearsal.open().map(({ text }) => ({ frame: text, at: rehearsal.ts }));
  const frames = rehearsal.markets.flatMap((engine) => {
    const wire = venue.wireSymbol(engine.listing.symbol);
    const body = venue.book.snapshot === 'rest' ? dialect.wholeBook?.(engine, wire) : undefined;
    return body ? [{ frame: JSON.stringify({ snapshot_for: wire, body }), at: rehearsal.ts }] : [];
  });
  while (frames.length < count) {
    for (const { text } of rehearsal.step()) frames.push({ frame: text, at: rehearsal.ts });
  }
  const ofChannel = (channel: Rehearsed) => rehearsedFrames(dialect, count, [channel]);
  return { label: `${venue.label}, rehearsed`, venue: name, market, opening, frames, ofChannel };
}
