import { type Interval, isInterval } from './market.ts';

/** The candle intervals recorded on a venue, finest first: those of `INTERVALS`, else 1s and 1m on sim, 1m elsewhere. */
export function intervalsOf(venue: string, configured: readonly string[]): Interval[] {
  const intervals = configured.filter(isInterval);
  if (intervals.length > 0) return intervals;
  return venue === 'sim' ? ['1s', '1m'] : ['1m'];
}
