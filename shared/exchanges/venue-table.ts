import { entryName } from './entries.ts';
import type { Promises, Venue, VenueFacts } from './venue.ts';
import { marketsOf, VENUE_NAMES } from './venues.ts';

/** One market of one venue, as the venue table has it: what it offers, and what can't be had of it. */
export interface VenueRow {
  /** As `SUPPORTED_EXCHANGES` may have it: `binance:usdm`, `ccxt:htx`. */
  entry: string;
  venue: string;
  market: string;
  label: string;
  simulated: boolean;
  /** Who reads its stream. */
  reader: 'millrace' | 'ccxt';
  /** Kinds of symbols. */
  takes: string[];
  channels: string[];
  intervals: string[];
  /** Where a whole book comes from: asked for over REST, pushed by the stream, or kept by ccxt. */
  bookSource: 'rest' | 'stream' | 'ccxt';
  bookBreaks: string[];
  tradeBreaks: Promises['tradeBreaks'];
  backfill: Promises['backfill'];
  sizes: Promises['sizes'];
  /** Prices and sizes as the venue wrote them, or as a float has them. */
  digits: 'exact' | 'floats';
  /** The venue cuts a connection after so long; null where it documents nothing. */
  lifeMs: number | null;
  /** What nobody can promise of it, a sentence each. */
  caveats: string[];
}

/** Every market that we have an adapter for. */
export const nativeRows = (): VenueRow[] => VENUE_NAMES.flatMap(marketsOf).map(describeNative);

/** A market that ccxt reads. */
export const describeCcxt = (facts: VenueFacts): VenueRow =>
  describe(facts, { reader: 'ccxt', bookSource: 'ccxt', digits: 'floats' });

const describeNative = (venue: Venue): VenueRow =>
  describe(venue, { reader: 'millrace', bookSource: venue.book.snapshot, digits: 'exact' });

function describe(facts: VenueFacts, how: Pick<VenueRow, 'reader' | 'bookSource' | 'digits'>): VenueRow {
  const { name, market, label, simulated, takes, channels, intervals, promises, limits } = facts;
  return {
    entry: entryName(name, market),
    venue: name,
    ...{ market, label, simulated },
    takes: [...takes],
    channels: [...channels],
    intervals: [...intervals],
    ...promises,
    bookBreaks: [...promises.bookBreaks],
    ...how,
    lifeMs: limits.lifeMs ?? null,
    caveats: caveatsOf(facts, how.digits),
  };
}

function caveatsOf({ promises, channels }: VenueFacts, digits: VenueRow['digits']): string[] {
  const { bookBreaks, tradeBreaks, backfill } = promises;
  const caveats = [
    !channels.includes('book') && 'no books',
    !channels.includes('trades') && 'no trades',
    !channels.includes('candles') && 'no candles in the stream',
    channels.includes('book') &&
      bookBreaks.length === 0 &&
      'no sequence check: nothing shows that a book missed a change, so it counts as live only while it moves',
    tradeBreaks === 'time' &&
      'no trade ids that rise by one: only an interruption shows that trades may be missing',
    typeof backfill === 'object' &&
      `of missed trades only the newest ${backfill.newest.toLocaleString('en')} come back`,
    backfill === 'none' && 'missed trades do not come back',
    digits === 'floats' &&
      'prices and sizes are floats: from the 16th digit on they are the exchange’s only where its own words have them',
    digits === 'floats' &&
      backfill === 'by time' &&
      'how far back missed trades reach differs by exchange: many give their newest only',
    digits === 'floats' && 'no raw frames: it can be neither recorded nor replayed',
  ];
  return caveats.filter((caveat) => caveat !== false);
}
