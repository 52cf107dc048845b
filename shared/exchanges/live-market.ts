import { loadCcxtVenue } from './ccxt/exchange.ts';
import { CcxtFeed } from './ccxt/feed.ts';
import type { Entry } from './entries.ts';
import { Feed } from './feed/feed.ts';
import type { FeedEvents, RunningFeed } from './running-feed.ts';
import type { Subscription, VenueFacts } from './venue.ts';
import { findLiveVenue, type VenueSettings } from './venues.ts';

/** What an entry of `SUPPORTED_EXCHANGES` stands for, whoever reads its stream. */
export interface LiveMarket {
  facts: VenueFacts;
  /** Not started yet. */
  createFeed(subscriptions: readonly Subscription[], events: FeedEvents): RunningFeed;
}

/**
 * Our own adapter and feed loop, or ccxt's.
 * @throws {UserError} when there is no such exchange, or nobody has said where the simulated one is
 */
export async function loadMarket(entry: Entry, settings: VenueSettings): Promise<LiveMarket> {
  if (entry.ccxtId) {
    const venue = await loadCcxtVenue(entry, settings);
    return {
      facts: venue,
      createFeed: (subscriptions, events) => new CcxtFeed({ ...events, venue, subscriptions }),
    };
  }
  const venue = findLiveVenue(entry.venue, entry.market, settings);
  return {
    facts: venue,
    createFeed: (subscriptions, events) => new Feed({ ...events, venue, subscriptions }),
  };
}
