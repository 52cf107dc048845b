import type { Mark } from '../domain/gap.ts';
import type { Trade } from '../domain/market.ts';
import type { Queryable } from './client.ts';
import { instrumentId } from './instruments.ts';

/**
 * Trades as columns, each a PostgreSQL array literal; `ts` in UTC ms, `symbol` 1-based indexes into the list of
 * instruments that goes with them.
 */
export interface TradeColumns {
  symbol: string;
  ts: string;
  id: string;
  price: string;
  size: string;
  side: string;
}

/** A trade of the archive; when it was received is not kept. */
export type TradeRow = Omit<Trade, 'type' | 'receivedAt'>;

type Of = { venue: string; symbol: string };

/**
 * Adds what is not there yet, by instrument, time and id; returns how many rows were really added.
 * Literals pass as text and are cast by the server: the fastest form measured, and dates need no client types.
 */
export async function addTrades(
  sql: Queryable,
  instruments: readonly number[],
  columns: TradeColumns,
): Promise<number> {
  const { count } = await sql`
    INSERT INTO trades (instrument_id, ts, trade_id, price, size, side)
    SELECT (${`{${instruments.join()}}`}::text::int[])[symbol], to_timestamp(ts / 1000), id, price, size, side
    FROM unnest(${columns.symbol}::text::int[], ${columns.ts}::text::float8[], ${columns.id}::text::text[],
      ${columns.price}::text::numeric[], ${columns.size}::text::numeric[], ${columns.side}::text::side[])
      AS batch (symbol, ts, id, price, size, side)
    ON CONFLICT DO NOTHING`;
  return count;
}

/** Newest first; `before` is a time (UTC ms) that all are older than. */
export async function listTrades(
  sql: Queryable,
  of: Of & { limit: number; before?: number | undefined },
): Promise<TradeRow[]> {
  const before = of.before === undefined ? sql`` : sql`AND ts < ${of.before}`;
  return sql<TradeRow[]>`
    SELECT ${of.venue}::text AS venue, ${of.symbol}::text AS symbol, ts, trade_id AS id, price, size, side
    FROM trades WHERE instrument_id = ${instrumentId(sql, of)} ${before}
    ORDER BY ts DESC, trade_id DESC LIMIT ${of.limit}`;
}

/** The newest trade. */
export async function findLastTrade(sql: Queryable, of: Of): Promise<TradeRow | undefined> {
  const [row] = await listTrades(sql, { ...of, limit: 1 });
  return row;
}

/** Count, total size, first and last id of the trades between two times (UTC ms), both included. */
export async function findTradeSums(
  sql: Queryable,
  of: Of & { from: number; to: number },
): Promise<{ rows: number; totalSize: string; firstId: string | null; lastId: string | null }> {
  const [row] = await sql<
    { rows: number; totalSize: string; firstId: string | null; lastId: string | null }[]
  >`
    WITH range AS (
      SELECT ts, trade_id, size FROM trades
      WHERE instrument_id = ${instrumentId(sql, of)} AND ts BETWEEN ${of.from} AND ${of.to}
    )
    SELECT count(*) AS rows, coalesce(trim_scale(sum(size)), 0) AS total_size,
      (SELECT trade_id FROM range ORDER BY ts, length(trade_id), trade_id LIMIT 1) AS first_id,
      (SELECT trade_id FROM range ORDER BY ts DESC, length(trade_id) DESC, trade_id DESC LIMIT 1) AS last_id
    FROM range`;
  if (!row) throw new Error('an aggregate without a row');
  return row;
}

/** The newest archived trade whose numeric id is smaller than `beforeId`. */
export async function findTradeBefore(
  sql: Queryable,
  of: Of & { beforeId: string },
): Promise<Mark | undefined> {
  const [row] = await sql<Mark[]>`
    SELECT trade_id AS id, ts FROM trades
    WHERE instrument_id = ${instrumentId(sql, of)} AND trade_id::numeric < ${of.beforeId}::text::numeric
    ORDER BY ts DESC, length(trade_id) DESC, trade_id DESC LIMIT 1`;
  return row;
}

/** The newest trade in `[since, before)`, UTC ms. */
export async function findLastTradeBefore(
  sql: Queryable,
  of: Of & { since: number; before: number },
): Promise<Mark | undefined> {
  const [row] = await sql<Mark[]>`
    SELECT trade_id AS id, ts FROM trades
    WHERE instrument_id = ${instrumentId(sql, of)} AND ts >= ${of.since} AND ts < ${of.before}
    ORDER BY ts DESC, length(trade_id) DESC, trade_id DESC LIMIT 1`;
  return row;
}

/** The oldest trade at or after a time. */
export async function findTradeSince(sql: Queryable, of: Of & { since: number }): Promise<Mark | undefined> {
  const [row] = await sql<Mark[]>`
    SELECT trade_id AS id, ts FROM trades WHERE instrument_id = ${instrumentId(sql, of)} AND ts >= ${of.since}
    ORDER BY ts, length(trade_id), trade_id LIMIT 1`;
  return row;
}

/** A stretch of numeric trade ids, both included. */
export interface IdRange {
  fromId: string;
  toId: string;
}

/** The stretches between two ids that the archive lacks, oldest first; only rows from `since` (UTC ms) on are read. */
export async function listMissingTradeIds(
  sql: Queryable,
  of: Of & IdRange & { since: number },
): Promise<IdRange[]> {
  const [from, to] = [sql`${of.fromId}::text::numeric`, sql`${of.toId}::text::numeric`];
  return sql<IdRange[]>`
    WITH there AS (
      SELECT trade_id::numeric AS id FROM trades
      WHERE instrument_id = ${instrumentId(sql, of)} AND ts >= ${of.since}
        AND trade_id::numeric BETWEEN ${from} AND ${to}
      UNION ALL SELECT ${from} - 1 UNION ALL SELECT ${to} + 1
    ), pairs AS (SELECT id, lead(id) OVER (ORDER BY id) AS next FROM there)
    SELECT (id + 1)::text AS from_id, (next - 1)::text AS to_id FROM pairs WHERE next > id + 1 ORDER BY id`;
}
