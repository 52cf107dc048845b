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

interface BuiltQuery {
  venue: string;
  symbol: string;
  interval: BuiltInterval;
  from?: number | undefined;
  to?: number | undefined;
  limit: number;
}

/**
 * Ascending by open time, closed ones only: the first `limit` from `from` on, or, without `from`, the newest `limit`.
 * `from` and `to` (UTC ms) are both included. Nothing stands for a bucket in which nothing was traded.
 */
export async function listBuiltCandles(sql: Queryable, of: BuiltQuery): Promise<BuiltCandleRow[]> {
  const last = Math.min(of.to ?? Number.POSITIVE_INFINITY, now() - INTERVALS[of.interval]);
  const first = of.from ?? 0;
  let rows: BuiltCandleRow[] = [];
  // The views give no order, so a limit alone would not keep them from reading all: a longer and longer time does.
  for (let span = FIRST_SPAN * of.limit * INTERVALS[of.interval]; ; span *= LONGER) {
    const [from, to] =
      of.from === undefined ? [Math.max(first, last - span), last] : [first, Math.min(last, first + span)];
    rows = await listWithin(sql, { ...of, from, to });
    if (rows.length >= of.limit || (from === first && to === last)) break;
  }
  return of.from === undefined ? rows.slice(-of.limit) : rows.slice(0, of.limit);
}

/** In buckets a candle wanted: some hold no trade. */
const FIRST_SPAN = 1.25;
const LONGER = 8;

async function listWithin(
  sql: Queryable,
  of: BuiltQuery & { from: number; to: number },
): Promise<BuiltCandleRow[]> {
  return sql<BuiltCandleRow[]>`
    SELECT ${of.venue}::text AS venue, ${of.symbol}::text AS symbol, ${of.interval}::text AS interval, ts,
      open, high, low, close, volume, quote_volume, trades
    FROM ${sql(builtView(of.interval))}
    WHERE instrument_id = ${instrumentId(sql, of)} AND ts >= ${of.from} AND ts <= ${of.to} ORDER BY ts`;
}
