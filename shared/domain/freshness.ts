import { INTERVALS, type Interval } from './market.ts';

/** A second's candle is closed, batched, archived and evaluated well within this, even while a pool restarts. */
const LEAST_MS = 15_000;

/**
 * How old a signal may be, from its candle's close, and still be acted on: three candles, for then its market is
 * another one, but at least 15 s.
 */
export const maxSignalAgeMs = (interval: Interval): number => Math.max(3 * INTERVALS[interval], LEAST_MS);

export const isFresh = (closedAt: number, interval: Interval, now: number): boolean =>
  now - closedAt <= maxSignalAgeMs(interval);
