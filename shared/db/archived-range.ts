import { type Candle, type Funding, INTERVALS, type Level, type Mark, type Trade } from '../domain/market.ts';
import type { OrderFlow } from '../domain/order-flow.ts';
import type { Sql } from './client.ts';

/** The top of a book as it was archived. */
export interface ArchivedBook {
  type: 'archived_book';
  symbol: string;
  ts: number;
  receivedAt: number;
  bids: Level[];
  asks: Level[];
}
export type ArchivedFlow = OrderFlow & { type: 'archived_flow' };
/** A row of the archive; its time of receipt, which is not kept, is that at which it could be known. */
export type ArchivedFact = Trade | Candle | Funding | Mark | ArchivedBook | ArchivedFlow;

type Range = { venue: string; symbols: readonly string[]; from: number; to: number };

/** A page is so long a stretch of time: bounded in memory also in a wild minute. */
const PAGE_MS = 10_000;

/**
 * What the archive holds of the symbols in `[from, to)` (UTC ms), in the order in which it happened: a candle comes
 * when it closes. The same rows always come in the same order.
 */
export async function* readArchivedRange(sql: Sql, range: Range): AsyncGenerator<ArchivedFact[]> {
  for (let from = await findNext(sql, range, range.from); from !== undefined && from < range.to; ) {
    const to = Math.min(from + PAGE_MS, range.to);
    const facts = await listFacts(sql, { ...range, from, to });
    yield facts;
    from = facts.length > 0 ? to : await findNext(sql, range, to);
  }
}

async function listFacts(sql: Sql, range: Range): Promise<ArchivedFact[]> {
  const kinds = await Promise.all([
    listTrades(sql, range),
    listBooks(sql, range),
    listFlows(sql, range),
    listFunding(sql, range),
    listMarks(sql, range),
    listCandles(sql, range),
  ]);
  // The sort is stable: at one moment trades come before books, facts of them and the candles that they close.
  return kinds.flat().sort((a, b) => a.receivedAt - b.receivedAt);
}

/** The rows' instruments, times and symbols, as each of the queries begins. */
const among = (sql: Sql, { venue, symbols }: Range) =>
  sql`JOIN instruments i ON i.id = instrument_id AND i.venue = ${venue} AND i.symbol IN ${sql(symbols as string[])}`;

const listTrades = (sql: Sql, range: Range) => sql<Trade[]>`
  SELECT 'trade' AS type, venue, symbol, ts, ts AS received_at, trade_id AS id, price, size, side
  FROM trades ${among(sql, range)} WHERE ts >= ${range.from} AND ts < ${range.to}
  ORDER BY ts, symbol, length(trade_id), trade_id`;

const listBooks = (sql: Sql, range: Range) => sql<ArchivedBook[]>`
  SELECT 'archived_book' AS type, symbol, ts, ts AS received_at, bids, asks
  FROM book_snapshots ${among(sql, range)} WHERE ts >= ${range.from} AND ts < ${range.to} ORDER BY ts, symbol`;

const listFlows = (sql: Sql, range: Range) => sql<ArchivedFlow[]>`
  SELECT 'archived_flow' AS type, symbol, ts, ts AS received_at, spread_bp, imbalance, bid_concentration,
    ask_concentration, depth_bp, bid_depth, ask_depth, notional, buy_slippage_bp, sell_slippage_bp, buy_volume, sell_volume
  FROM order_flow ${among(sql, range)} WHERE ts >= ${range.from} AND ts < ${range.to} ORDER BY ts, symbol`;

const listFunding = (sql: Sql, range: Range) => sql<Funding[]>`
  SELECT 'funding' AS type, venue, symbol, ts, ts AS received_at, rate, next_ts AS next_funding_ts
  FROM funding_rates ${among(sql, range)} WHERE ts >= ${range.from} AND ts < ${range.to} ORDER BY ts, symbol`;

async function listMarks(sql: Sql, range: Range): Promise<Mark[]> {
  const rows = await sql<(Omit<Mark, 'indexPrice'> & { indexPrice: string | null })[]>`
    SELECT 'mark' AS type, venue, symbol, ts, ts AS received_at, price, index_price
    FROM mark_prices ${among(sql, range)} WHERE ts >= ${range.from} AND ts < ${range.to} ORDER BY ts, symbol`;
  return rows.map(({ indexPrice, ...mark }) => (indexPrice === null ? mark : { ...mark, indexPrice }));
}

/** By the time of their close. */
async function listCandles(sql: Sql, range: Range): Promise<Candle[]> {
  const rows = await Promise.all(
    Object.entries(INTERVALS).map(
      ([interval, stepMs]) => sql<Candle[]>`
        SELECT 'candle' AS type, venue, symbol, ts, ts + ${stepMs} * interval '1 millisecond' AS received_at,
          interval, open, high, low, close, volume, true AS closed
        FROM candles ${among(sql, range)}
        WHERE interval = ${interval} AND ts >= ${range.from - stepMs} AND ts < ${range.to - stepMs}
        ORDER BY ts, symbol`,
    ),
  );
  return rows.flat();
}

/** When the first fact from a time on could be known, UTC ms. */
async function findNext(sql: Sql, range: Range, from: number): Promise<number | undefined> {
  const first = (table: string) => sql`
    (SELECT min(ts) FROM ${sql(table)} ${among(sql, range)} WHERE ts >= ${from} AND ts < ${range.to})`;
  const closes = Object.entries(INTERVALS).map(
    ([interval, stepMs]) => sql`
      (SELECT min(ts) + ${stepMs} * interval '1 millisecond' FROM candles ${among(sql, range)}
        WHERE interval = ${interval} AND ts >= ${from - stepMs} AND ts < ${range.to - stepMs})`,
  );
  const firsts = ['trades', 'book_snapshots', 'order_flow', 'funding_rates', 'mark_prices'].map(first);
  const least = [...firsts, ...closes].reduce((all, next) => sql`${all}, ${next}`);
  const [row] = await sql<{ ts: number | null }[]>`SELECT least(${least}) AS ts`;
  return row?.ts ?? undefined;
}
