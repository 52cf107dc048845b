import type { Funding, Mark } from '../domain/market.ts';
import type { Queryable } from './client.ts';
import { instrumentId } from './instruments.ts';

/** Funding rates as columns, each a PostgreSQL array literal; `next` in UTC ms. As `TradeColumns`. */
export interface FundingColumns {
  symbol: string;
  ts: string;
  rate: string;
  next: string;
}

/** Mark prices as columns, each a PostgreSQL array literal; an index price that was not told is NULL. */
export interface MarkColumns {
  symbol: string;
  ts: string;
  price: string;
  index: string;
}

/** Of the archive; when it was received is not kept. */
export type FundingRow = Omit<Funding, 'type' | 'receivedAt'>;
export type MarkRow = Omit<Mark, 'type' | 'receivedAt' | 'indexPrice'> & { indexPrice: string | null };

type Of = {
  venue: string;
  symbol: string;
  from?: number | undefined;
  to?: number | undefined;
  limit: number;
};

/** Adds what is not there yet, by instrument and time; returns how many rows were really added. */
export async function addFunding(
  sql: Queryable,
  instruments: readonly number[],
  columns: FundingColumns,
): Promise<number> {
  const { count } = await sql`
    INSERT INTO funding_rates (instrument_id, ts, rate, next_ts)
    SELECT (${`{${instruments.join()}}`}::text::int[])[symbol], to_timestamp(ts / 1000), rate,
      to_timestamp(next / 1000)
    FROM unnest(${columns.symbol}::text::int[], ${columns.ts}::text::float8[], ${columns.rate}::text::numeric[],
      ${columns.next}::text::float8[]) AS batch (symbol, ts, rate, next)
    ON CONFLICT DO NOTHING`;
  return count;
}

/** Adds what is not there yet, by instrument and time; returns how many rows were really added. */
export async function addMarks(
  sql: Queryable,
  instruments: readonly number[],
  columns: MarkColumns,
): Promise<number> {
  const { count } = await sql`
    INSERT INTO mark_prices (instrument_id, ts, price, index_price)
    SELECT (${`{${instruments.join()}}`}::text::int[])[symbol], to_timestamp(ts / 1000), price, index
    FROM unnest(${columns.symbol}::text::int[], ${columns.ts}::text::float8[], ${columns.price}::text::numeric[],
      ${columns.index}::text::numeric[]) AS batch (symbol, ts, price, index)
    ON CONFLICT DO NOTHING`;
  return count;
}

/** Ascending by time: the first `limit` from `from` (UTC ms) on, or, without `from`, the newest `limit`. */
export async function listFunding(sql: Queryable, of: Of): Promise<FundingRow[]> {
  const rows = await sql<FundingRow[]>`
    SELECT ${of.venue}::text AS venue, ${of.symbol}::text AS symbol, ts, rate, next_ts AS "nextFundingTs"
    FROM funding_rates ${within(sql, of)}`;
  return ascending(rows, of);
}

/** As `listFunding`. */
export async function listMarks(sql: Queryable, of: Of): Promise<MarkRow[]> {
  const rows = await sql<MarkRow[]>`
    SELECT ${of.venue}::text AS venue, ${of.symbol}::text AS symbol, ts, price, index_price AS "indexPrice"
    FROM mark_prices ${within(sql, of)}`;
  return ascending(rows, of);
}

function within(sql: Queryable, of: Of) {
  const from = of.from === undefined ? sql`` : sql`AND ts >= ${of.from}`;
  const to = of.to === undefined ? sql`` : sql`AND ts <= ${of.to}`;
  const order = of.from === undefined ? sql`DESC` : sql`ASC`;
  return sql`WHERE instrument_id = ${instrumentId(sql, of)} ${from} ${to} ORDER BY ts ${order} LIMIT ${of.limit}`;
}

const ascending = <T>(rows: readonly T[], { from }: Of): T[] =>
  from === undefined ? [...rows].reverse() : [...rows];
