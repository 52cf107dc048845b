import { INTERVALS, type Interval, isInterval } from './market.ts';

/** Where 1m alone is not what a venue tells: the simulated exchange is fast, Coinbase streams five minutes only. */
const USUAL: Readonly<Record<string, Interval[]>> = { sim: ['1s', '1m'], coinbase: ['5m'] };

/** The candle intervals recorded on a venue, finest first: those of `INTERVALS`, else the venue's usual ones. */
export function intervalsOf(venue: string, configured: readonly string[]): Interval[] {
  const intervals = configured.filter(isInterval);
  if (intervals.length > 0) return intervals.sort((a, b) => INTERVALS[a] - INTERVALS[b]);
  return [...(USUAL[venue] ?? ['1m'])];
}
