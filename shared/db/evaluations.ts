import type { Interval } from '../domain/market.ts';
import type { Queryable } from './client.ts';
import { instrumentId } from './instruments.ts';

/** A series of candles. */
export interface Series {
  venue: string;
  symbol: string;
  interval: Interval;
}

/** Open time (UTC ms) of the last candle that was evaluated. */
export async function findEvaluatedTo(sql: Queryable, series: Series): Promise<number | undefined> {
  const [row] = await sql<{ ts: number }[]>`
    SELECT ts FROM evaluations WHERE instrument_id = ${instrumentId(sql, series)} AND interval = ${series.interval}`;
  return row?.ts;
}

/** Only ever forward: a late run takes nothing back. */
export async function saveEvaluatedTo(sql: Queryable, series: Series, ts: number): Promise<void> {
  await sql`
    INSERT INTO evaluations (instrument_id, interval, ts)
    VALUES (${instrumentId(sql, series)}, ${series.interval}, ${ts}::timestamptz)
    ON CONFLICT (instrument_id, interval) DO UPDATE SET ts = excluded.ts WHERE evaluations.ts < excluded.ts`;
}
