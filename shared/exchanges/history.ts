import { now } from '../clock.ts';
import type { Mark } from '../domain/gap.ts';
import { type BookUpdate, type Candle, INTERVALS, type Trade } from '../domain/market.ts';
import { RejectError } from '../errors.ts';
import { affordable, callRest, clockOffsetMs } from './rest.ts';
import type { BookTop, CandlesQuery, HistoryPages, TradesQuery, Venue, VenueFacts } from './venue.ts';
import type { Grade } from './waiting-line.ts';

/** Candles of the past and audits: a lost trade and a broken book go first. */
const CAN_WAIT: Grade = { canWait: true };

/**
 * Closed candles that open in `[from, to)`, oldest first, a page at a time. Candles in which nothing was traded may
 * be absent, as the venue has it.
 * @throws {RetryError} when the venue is not to be reached or asks to wait
 * @throws {RejectError} when it refuses, such as an unknown symbol, or answers what can't be read
 */
export async function* fetchCandles(query: CandlesQuery & { venue: VenueFacts }): AsyncGenerator<Candle[]> {
  const { venue, to } = query;
  let { from } = query;
  while (from < to) {
    const page = await readPage(venue, venue.history.candles, { ...query, from }, CAN_WAIT);
    const newer = page.filter((candle) => candle.ts >= from && candle.ts < to).sort((a, b) => a.ts - b.ts);
    const closed = newer.filter((candle) => candle.closed);
    if (closed.length > 0) yield closed;
    const last = closed.at(-1);
    if (closed.length < newer.length) return;
    const span = venue.history.candles.spanMs?.({ ...query, from }) ?? 0;
    if (!last && span === 0) return;
    from = last ? last.ts + INTERVALS[query.interval] : from + span;
  }
}

/**
 * Trades with ids in `[fromId, toId]`, whole numbers, oldest first, a page at a time, up to the present without `toId`.
 * `fromTs` (UTC ms, not later than the first of them) is needed where the venue pages by time: Kraken.
 * @throws {RetryError | RejectError} as `fetchCandles`
 */
export async function* fetchTrades(
  query: TradesQuery & { venue: VenueFacts; toId?: string },
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
    if (last && advanced) {
      fromId = Math.max(fromId, Number(last.id) + 1);
      fromTs = last.ts;
      continue;
    }
    const span = venue.history.trades.spanMs?.({ ...query, fromId: String(fromId), fromTs }) ?? 0;
    if (span === 0 || fromTs === undefined || fromTs + span > now()) return;
    fromTs += span;
  }
}

/**
 * Trades since a known one in the order of time, a page at a time, up to the present. The known one and its neighbours
 * are among them, so that the pages can be seen to overlap what is known; where the venue no longer has them, the
 * first page begins later.
 * @throws {RetryError | RejectError} as `fetchCandles`
 */
export async function* fetchTradesSince(query: {
  venue: VenueFacts;
  symbol: string;
  from: Mark;
}): AsyncGenerator<Trade[]> {
  const { venue, symbol, from } = query;
  const { trades } = venue.history;
  const { backfill } = venue.promises;
  if (backfill === 'by id') {
    yield* fetchTrades({ venue, symbol, fromId: from.id, fromTs: from.ts });
    return;
  }
  if (typeof backfill === 'object') {
    yield* await newestTradesSince(venue, symbol, from, backfill.newest);
    return;
  }
  let told = new Set<string>();
  for (let fromTs = from.ts; ; ) {
    const asked = { symbol, fromId: from.id, fromTs };
    const page = await readPage(venue, trades, asked);
    const fresh = page.filter(({ id }) => !told.has(id)).sort((a, b) => a.ts - b.ts);
    if (fresh.length > 0) yield fresh;
    if (backfill !== 'by time') return;
    told = new Set(page.map(({ id }) => id));
    const last = fresh.at(-1);
    const span = trades.spanMs?.(asked) ?? 0;
    if (last && last.ts > fromTs) fromTs = last.ts;
    else if (page.length >= trades.pageSize) fromTs++;
    else if (span > 0 && fromTs + span <= now()) fromTs += span;
    else return;
  }
}

/** Pages backwards from the present, no further than the known trade or the venue's newest so many; oldest first. */
async function newestTradesSince(
  venue: VenueFacts,
  symbol: string,
  from: Mark,
  newest: number,
): Promise<Trade[][]> {
  const { trades } = venue.history;
  const pages: Trade[][] = [];
  const told = new Set<string>();
  for (let oldest: Trade | undefined; told.size < newest; ) {
    const asked = { symbol, fromId: from.id, fromTs: from.ts, beforeId: oldest?.id };
    const page = await readPage(venue, trades, asked);
    const latest = oldest?.ts ?? Number.POSITIVE_INFINITY;
    const older = page.filter(({ id, ts }) => !told.has(id) && ts <= latest).sort((a, b) => a.ts - b.ts);
    if (older.length === 0) break;
    for (const { id } of older) told.add(id);
    pages.unshift(older);
    if (page.length < trades.pageSize || older.some(({ id, ts }) => id === from.id || ts < from.ts)) break;
    oldest = older[0];
  }
  return pages;
}

/**
 * A whole book of a unified symbol, as REST has it now and as deep as the venue's budget allows when `waiting` books
 * are wanted; `onBody` also gets the answer that it was read from.
 * @throws {RejectError} for a venue whose stream sends whole books; {RetryError | RejectError} as `fetchCandles`
 */
export async function fetchBookSnapshot(
  venue: Venue,
  symbol: string,
  { waiting, onBody }: { waiting?: number; onBody?: (update: BookUpdate, body: unknown) => void } = {},
): Promise<BookUpdate> {
  const { book } = venue.history;
  if (!book) throw new RejectError(`${venue.label} sends whole books in its stream`, 'book');
  const wireSymbol = venue.wireSymbol(symbol);
  const body = await callRest(venue, affordable(venue, book(wireSymbol), waiting));
  const update = venue.createMapper([symbol]).readSnapshot(wireSymbol, body, now());
  onBody?.(update, body);
  return update;
}

/**
 * The top of a unified symbol's book, best first, as REST has it now, for as little weight as may be; undefined where
 * the venue has no such call.
 * @throws {RetryError | RejectError} as `fetchCandles`
 */
export async function fetchBookTop(venue: Venue, symbol: string): Promise<BookTop | undefined> {
  const { book, bookTop } = venue.history;
  if (bookTop) return bookTop.read(await callRest(venue, bookTop.call(symbol), CAN_WAIT));
  const call = book?.(venue.wireSymbol(symbol)).at(-1);
  if (!call) return undefined;
  const body = await callRest(venue, call, CAN_WAIT);
  return venue.createMapper([symbol]).readSnapshot(venue.wireSymbol(symbol), body, now());
}

/**
 * What was true when we asked counts, by the venue's clock: a candle that ends while the answer travels is not closed
 * in it, and a clock of ours that was set wrong closes none.
 */
async function readPage<Query, Row>(
  venue: VenueFacts,
  pages: HistoryPages<Query, Row>,
  query: Query,
  grade?: Grade,
): Promise<Row[]> {
  const askedAt = now();
  const answer = await callRest(venue, pages.call(query), grade);
  return pages.read(answer, query, askedAt + clockOffsetMs(venue));
}
