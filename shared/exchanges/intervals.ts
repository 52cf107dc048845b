import { intervalsOf } from '../domain/intervals.ts';
import { INTERVALS, type Interval, isInterval } from '../domain/market.ts';
import { UserError } from '../errors.ts';
import type { VenueFacts } from './venue.ts';

/**
 * The candle intervals to record on a venue, finest first: those that are set, or its usual ones; none where it has no
 * candles at all.
 * @throws {UserError} for one that the venue does not offer
 */
export function chooseIntervals(
  venue: Pick<VenueFacts, 'name' | 'label' | 'intervals'>,
  configured: readonly string[],
): Interval[] {
  if (venue.intervals.length === 0) return [];
  const wanted = configured.length > 0 ? configured : intervalsOf(venue.name, []);
  const offered = (interval: string): interval is Interval =>
    isInterval(interval) && venue.intervals.includes(interval);
  const missing = wanted.find((interval) => !offered(interval));
  if (missing === undefined) return wanted.filter(offered).sort((a, b) => INTERVALS[a] - INTERVALS[b]);
  throw new UserError(
    `INTERVALS=${configured.join()} is not valid: ${venue.label} has no ${missing} candles, use some of ${venue.intervals.join(', ')}`,
  );
}
