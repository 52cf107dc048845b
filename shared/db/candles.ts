import type { Candle, Interval } from '../domain/market.ts';
import type { Queryable } from './client.ts';
import { instrumentId } from './instruments.ts';

/** Closed candles as columns, each a PostgreSQL array literal; as `TradeColumns`. */
export interface CandleColumns {
  symbol: string;
  ts: string;
  interval: string;
  open: string;
  high: string;
  low: string;
  close: string;
  volume: string;
}

/** A candle of the archive: closed, `ts` its open time. */
export type CandleRow = Omit<Candle, 'type' | 'receivedAt' | 'closed'>;

type Of = { venue: string; symbol: string; interval: Interval };

/** Adds what is not there yet, by instrument, interval and open time; returns how many rows were really added. */
export async function addCandles(
  sql: Queryable,
  instruments: readonly number[],
  columns: CandleColumns,
): Promise<number> {
  const { count } = await sql`
    INSERT INTO candles (instrument_id, interval, ts, open, high, low, close, volume)
    SELECT (${`{${instruments.join()}}`}::text::int[])[symbol], interval, to_timestamp(ts / 1000),
      open, high, low, close, volume
    FROM unnest(${columns.symbol}::text::int[], ${columns.interval}::text::text[],
      ${columns.ts}::text::float8[], ${columns.open}::text::numeric[], ${columns.high}::text::numeric[],
      ${columns.low}::text::numeric[], ${columns.close}::text::numeric[], ${columns.volume}::text::numeric[])
      AS batch (symbol, interval, ts, open, high, low, close, volume)
    ON CONFLICT DO NOTHING`;
  return count;
}

/**
 * Ascending by open time: the first `limit` from `from` on, or, without `from`, the newest `limit`.
 * `from` and `to` (UTC ms) are both included.
 */
export async function listCandles(
  sql: Queryable,
  of: Of & { from?: number | undefined; to?: number | undefined; limit: number },
): Promise<CandleRow[]> {
  const from = of.from === undefined ? sql`` : sql`AND ts >= ${of.from}`;
  const to = of.to === undefined ? sql`` : sql`AND ts <= ${of.to}`;
  const rows = await sql<CandleRow[]>`
    SELECT ${of.venue}::text AS venue, ${of.symbol}::text AS symbol, interval, ts, open, high, low, close, volume
    FROM candles WHERE instrument_id = ${instrumentId(sql, of)} AND interval = ${of.interval} ${from} ${to}
    ORDER BY ts ${of.from === undefined ? sql`DESC` : sql`ASC`} LIMIT ${of.limit}`;
  const plain = [...rows];
  return of.from === undefined ? plain.reverse() : plain;
}

/** The newest candle. */
export async function findLastCandle(sql: Queryable, of: Of): Promise<CandleRow | undefined> {
  const [row] = await listCandles(sql, { ...of, limit: 1 });
  return row;
}

/** A stretch of time, `from` included and `to` not, UTC ms. */
export interface TimeRange {
  from: number;
  to: number;
}

/** The stretches of open times within `[from, to)` that the archive lacks, oldest first; `stepMs` is the interval's. */
export async function listMissingCandles(
  sql: Queryable,
  of: Of & TimeRange & { stepMs: number },
): Promise<TimeRange[]> {
  const step = sql`${of.stepMs} * interval '1 millisecond'`;
  return sql<TimeRange[]>`
    WITH there AS (
      SELECT ts FROM candles WHERE instrument_id = ${instrumentId(sql, of)} AND interval = ${of.interval}
        AND ts >= ${of.from} AND ts < ${of.to}
      UNION ALL SELECT ${of.from}::timestamptz - ${step} UNION ALL SELECT ${of.to}::timestamptz
    ), pairs AS (SELECT ts, lead(ts) OVER (ORDER BY ts) AS next FROM there)
    SELECT ts + ${step} AS from, next AS to FROM pairs WHERE next > ts + ${step} ORDER BY ts`;
}
