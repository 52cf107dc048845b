import type { Level } from '../domain/market.ts';
import type { Queryable } from './client.ts';
import { instrumentId } from './instruments.ts';

/** Book snapshots as columns, each a PostgreSQL array literal; `bids` and `asks` hold JSON texts. */
export interface BookColumns {
  symbol: string;
  ts: string;
  bids: string;
  asks: string;
}

/** The top of a book at a moment, best first. */
export interface BookRow {
  venue: string;
  symbol: string;
  ts: number;
  bids: Level[];
  asks: Level[];
}

/** Adds what is not there yet, by instrument and time; returns how many rows were really added. */
export async function addBooks(
  sql: Queryable,
  instruments: readonly number[],
  columns: BookColumns,
): Promise<number> {
  const { count } = await sql`
    INSERT INTO book_snapshots (instrument_id, ts, bids, asks)
    SELECT (${`{${instruments.join()}}`}::text::int[])[symbol], to_timestamp(ts / 1000), bids, asks
    FROM unnest(${columns.symbol}::text::int[], ${columns.ts}::text::float8[],
      ${columns.bids}::text::jsonb[], ${columns.asks}::text::jsonb[]) AS batch (symbol, ts, bids, asks)
    ON CONFLICT DO NOTHING`;
  return count;
}

/** The newest snapshot. */
export async function findLastBook(
  sql: Queryable,
  of: { venue: string; symbol: string },
): Promise<BookRow | undefined> {
  const [row] = await sql<BookRow[]>`
    SELECT ${of.venue}::text AS venue, ${of.symbol}::text AS symbol, ts, bids, asks
    FROM book_snapshots WHERE instrument_id = ${instrumentId(sql, of)} ORDER BY ts DESC LIMIT 1`;
  return row;
}
