import type { Interval } from '../domain/market.ts';
import type { Subscription, Venue } from './venue.ts';

/** Everything the venue offers of these symbols. */
export function subscriptionsOf(
  venue: Pick<Venue, 'channels'>,
  symbols: readonly string[],
  intervals: readonly Interval[],
): Subscription[] {
  return symbols.flatMap((symbol) =>
    venue.channels.flatMap((channel): Subscription[] =>
      channel === 'candles'
        ? intervals.map((interval) => ({ channel, symbol, interval }))
        : [{ channel, symbol }],
    ),
  );
}
