import { INTERVALS, type Interval } from '../domain/market.ts';
import { BUILT_INTERVALS, builtView } from './built-candles.ts';
import type { TimeRange } from './candles.ts';
import type { Sql } from './client.ts';

/** How the candles that a venue published compare with those of our own trades, of one series. */
export interface CandleComparison {
  venue: string;
  symbol: string;
  interval: Interval;
  compared: number;
  /** Both are there, and some field differs. */
  different: number;
  /** The venue had trades where the archive has none. */
  missing: number;
  /** Open time of the first that is not the same, UTC ms. */
  first: number | null;
}

/**
 * Compares every published candle that opens in `[from, to)` with the built one: open, high, low, close and volume,
 * exactly. A candle without volume and no built candle are the same: nothing was traded. Left out is what the record is
 * known to lack: candles that began before the symbol was recorded, or that a gap which is not closed touches.
 */
export async function compareArchivedCandles(sql: Sql, { from, to }: TimeRange): Promise<CandleComparison[]> {
  const comparisons: CandleComparison[] = [];
  for (const interval of BUILT_INTERVALS) {
    const rows = await sql<CandleComparison[]>`
      WITH pairs AS (
        SELECT c.instrument_id, c.ts, b.ts IS NULL AND c.volume > 0 AS is_missing,
          b.ts IS NOT NULL AND (c.open, c.high, c.low, c.close, c.volume)
            IS DISTINCT FROM (b.open, b.high, b.low, b.close, b.volume) AS is_different
        FROM candles c JOIN instruments r ON r.id = c.instrument_id LEFT JOIN (
          SELECT * FROM ${sql(builtView(interval))} WHERE ts >= ${from} AND ts < ${to}
        ) b ON b.instrument_id = c.instrument_id AND b.ts = c.ts
        WHERE c.ts >= coalesce(r.recorded_from, 'epoch') AND NOT EXISTS (
          SELECT FROM gaps g WHERE g.instrument_id = c.instrument_id AND g.state <> 'closed'
            AND g.reached_ts < c.ts + ${INTERVALS[interval]} * interval '1 millisecond'
            AND coalesce(g.to_ts, 'infinity') >= c.ts)
        AND c.interval = ${interval} AND c.ts >= ${from} AND c.ts < ${to})
      SELECT i.venue, i.symbol, ${interval}::text AS interval, count(*) AS compared,
        count(*) FILTER (WHERE is_different) AS different, count(*) FILTER (WHERE is_missing) AS missing,
        min(ts) FILTER (WHERE is_different OR is_missing) AS first
      FROM pairs JOIN instruments i ON i.id = instrument_id GROUP BY 1, 2 ORDER BY 1, 2`;
    comparisons.push(...rows);
  }
  return comparisons;
}
