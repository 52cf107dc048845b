import type { Interval } from '../domain/market.ts';
import type { TimeRange } from './candles.ts';
import type { Sql } from './client.ts';

/** Closed candles of one symbol in `[from, to)`, open times in ms. */
export interface CandleRange extends TimeRange {
  venue: string;
  symbol: string;
  interval: Interval;
}

/** Candles as columns of float64, for statistics; ordered by open time. */
export type CandleSeries = Record<(typeof COLUMNS)[number], Float64Array>;
const COLUMNS = ['ts', 'open', 'high', 'low', 'close', 'volume'] as const;
const CHUNK_ROWS = 5_000;

/** The candles of a range; `signal` ends the reading between two chunks. */
export async function loadCandleSeries(
  sql: Sql,
  range: CandleRange,
  signal: AbortSignal,
): Promise<CandleSeries> {
  const values: Record<string, number[]> = Object.fromEntries(COLUMNS.map((name) => [name, []]));
  const cursor = sql<Record<(typeof COLUMNS)[number], number>[]>`
    SELECT c.ts, open::float8, high::float8, low::float8, close::float8, volume::float8
    FROM candles c JOIN instruments i ON i.id = c.instrument_id
    WHERE i.venue = ${range.venue} AND i.symbol = ${range.symbol} AND c.interval = ${range.interval}
      AND c.ts >= ${range.from}::timestamptz AND c.ts < ${range.to}::timestamptz
    ORDER BY c.ts`.cursor(CHUNK_ROWS);
  for await (const rows of cursor) {
    signal.throwIfAborted();
    for (const row of rows) for (const name of COLUMNS) values[name]?.push(row[name]);
  }
  return Object.fromEntries(
    COLUMNS.map((name) => [name, Float64Array.from(values[name] ?? [])]),
  ) as CandleSeries;
}
