import { SHARE } from '../../shared/exchanges/quota.ts';
import type { Limits } from '../../shared/exchanges/venue.ts';

/** A shorter window is over before it shows in what is measured. */
const LONG_WINDOW_MS = 10_000;

/**
 * Milliseconds until a feed may be cut off whose `sockets` were all there at `backAt` (UTC ms): where the venue's limit
 * of connects has no room for all of them twice, until the last ones are a window old. A cut that came sooner would
 * measure that limit: 17 connections of the 18 that we take of Bitfinex' 20 a minute are back after a minute at best.
 */
export function pauseBeforeCutMs(
  { connects }: Pick<Limits, 'connects'>,
  { sockets, backAt }: { sockets: number; backAt: number },
  at: number,
): number {
  const isRoom = 2 * sockets <= connects.count * SHARE;
  return isRoom || connects.perMs < LONG_WINDOW_MS ? 0 : Math.max(0, backAt + connects.perMs - at);
}
