import { now } from '../clock.ts';
import { INTERVALS, type Interval } from '../domain/market.ts';
import type { CandleRow } from './candles.ts';
import type { Queryable } from './client.ts';
import { instrumentId } from './instruments.ts';

/** The levels at which candles are built from archived trades, finest first, each from the one before it. */
export const BUILT_INTERVALS = ['1m', '5m', '15m', '1h', '4h', '1d'] as const satisfies Interval[];
export type BuiltInterval = (typeof BUILT_INTERVALS)[number];

export const isBuilt = (interval: Interval): interval is BuiltInterval =>
  (BUILT_INTERVALS as readonly Interval[]).includes(interval);

/** The view of a level. */
export const builtView = (interval: BuiltInterval): string => `built_candles_${interval}`;

/** A candle that our archived trades come to; `quoteVolume` is the sum of price times size. */
export interface BuiltCandleRow extends CandleRow {
  quoteVolume: string;
  trades: number;
}

/**
 * Ascending by open time, closed ones only: the first `limit` from `from` on, or, without `from`, the newest `limit`.
 * `from` and `to` (UTC ms) are both included. Nothing stands for a bucket in which nothing was traded.
 */
export async function listBuiltCandles(
  sql: Queryable,
  of: {
    venue: string;
    symbol: string;
    interval: BuiltInterval;
    from?: number | undefined;
    to?: number | undefined;
    limit: number;
  },
): Promise<BuiltCandleRow[]> {
  const from = of.from === undefined ? sql`` : sql`AND ts >= ${of.from}`;
  const to = Math.min(of.to ?? Number.POSITIVE_INFINITY, now() - INTERVALS[of.interval]);
  const rows = await sql<BuiltCandleRow[]>`
    SELECT ${of.venue}::text AS venue, ${of.symbol}::text AS symbol, ${of.interval}::text AS interval, ts,
      open, high, low, close, volume, quote_volume, trades
    FROM ${sql(builtView(of.interval))} WHERE instrument_id = ${instrumentId(sql, of)} ${from} AND ts <= ${to}
    ORDER BY ts ${of.from === undefined ? sql`DESC` : sql`ASC`} LIMIT ${of.limit}`;
  const plain = [...rows];
  return of.from === undefined ? plain.reverse() : plain;
}
