import { now } from '../clock.ts';
import { type BookUpdate, type Candle, INTERVALS, type Trade } from '../domain/market.ts';
import { RejectError } from '../errors.ts';
import { callRest } from './rest.ts';
import type { CandlesQuery, HistoryPages, TradesQuery, Venue } from './venue.ts';

/**
 * Closed candles that open in `[from, to)`, oldest first, a page at a time. Candles in which nothing was traded may
 * be absent, as the venue has it.
 * @throws {RetryError} when the venue is not to be reached or asks to wait
 * @throws {RejectError} when it refuses, such as an unknown symbol, or answers what can't be read
 */
export async function* fetchCandles(query: CandlesQuery & { venue: Venue }): AsyncGenerator<Candle[]> {
  const { venue, to } = query;
  let { from } = query;
  while (from < to) {
    const page = await readPage(venue, venue.history.candles, { ...query, from });
    const newer = page.filter((candle) => candle.ts >= from && candle.ts < to).sort((a, b) => a.ts - b.ts);
    const closed = newer.filter((candle) => candle.closed);
    if (closed.length > 0) yield closed;
    const last = closed.at(-1);
    if (!last || closed.length < newer.length) return;
    from = last.ts + INTERVALS[query.interval];
  }
}

/**
 * Trades with ids in `[fromId, toId]`, oldest first, a page at a time, up to the present without `toId`.
 * `fromTs` (UTC ms, not later than the first of them) is needed where the venue pages by time: Kraken.
 * @throws {RetryError | RejectError} as `fetchCandles`
 */
export async function* fetchTrades(
  query: TradesQuery & { venue: Venue; toId?: string },
): AsyncGenerator<Trade[]> {
  const { venue } = query;
  const toId = query.toId === undefined ? Number.MAX_SAFE_INTEGER : Number(query.toId);
  let fromId = Number(query.fromId);
  let { fromTs } = query;
  while (fromId <= toId) {
    const page = await readPage(venue, venue.history.trades, { ...query, fromId: String(fromId), fromTs });
    const newer = page.filter(({ id }) => Number(id) >= fromId).sort((a, b) => Number(a.id) - Number(b.id));
    const wanted = newer.filter(({ id }) => Number(id) <= toId);
    if (wanted.length > 0) yield wanted;
    const last = newer.at(-1) ?? page.at(-1);
    const advanced = newer.length > 0 || (fromTs !== undefined && last !== undefined && last.ts > fromTs);
    if (!last || !advanced) return;
    fromId = Math.max(fromId, Number(last.id) + 1);
    fromTs = last.ts;
  }
}

/**
 * A whole book of a unified symbol, as REST has it now; `onBody` also gets the answer that it was read from.
 * @throws {RejectError} for a venue whose stream sends whole books; {RetryError | RejectError} as `fetchCandles`
 */
export async function fetchBookSnapshot(
  venue: Venue,
  symbol: string,
  onBody?: (update: BookUpdate, body: unknown) => void,
): Promise<BookUpdate> {
  const { book } = venue.history;
  if (!book) throw new RejectError(`${venue.label} sends whole books in its stream`, 'book');
  const wireSymbol = venue.wireSymbol(symbol);
  const body = await callRest(venue, book(wireSymbol));
  const update = venue.createMapper([symbol]).readSnapshot(wireSymbol, body, now());
  onBody?.(update, body);
  return update;
}

/** What was true when we asked counts: a candle that ends while the answer travels is not closed in it. */
async function readPage<Query, Row>(
  venue: Venue,
  pages: HistoryPages<Query, Row>,
  query: Query,
): Promise<Row[]> {
  const askedAt = now();
  return pages.read(await callRest(venue, pages.call(query)), query, askedAt);
}
