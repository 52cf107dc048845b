import { describeKinds } from '../shared/domain/symbols.ts';
import type { Entry } from '../shared/exchanges/entries.ts';
import type { RunningFeed } from '../shared/exchanges/running-feed.ts';
import type { FeedStatus } from '../shared/queue/heartbeat.ts';
import type { ListingWatch } from './listing-watch.ts';

/**
 * A feed as the console shows it: live only when its books are, down where there is nothing to take. Symbols that the
 * venue does not list are named, and keep no other from being live.
 */
export function statusOf(
  feed: RunningFeed,
  entry: Entry,
  { followed, missing }: Pick<ListingWatch, 'followed' | 'missing'>,
): FeedStatus {
  const { venue, state, reason, since, reconnects } = feed.status;
  const status = {
    entry: entry.name,
    venue,
    symbols: followed,
    missing: [...missing].map(([symbol, reason]) => ({ symbol, reason })),
    reason: reason ?? ([...missing.values()].join('; ') || null),
    since,
    reconnects,
  };
  if (followed.length === 0) {
    const nothing = `SYMBOLS has none of its ${describeKinds(entry.takes)}`;
    return { ...status, state: 'down', reason: status.missing.length > 0 ? status.reason : nothing };
  }
  if (state === 'closed') return { ...status, state: 'down', reason: 'stopped' };
  if (state !== 'live') return { ...status, state };
  for (const wrong of ['stale', 'syncing'] as const) {
    const names = followed.filter((symbol) => feed.book(symbol)?.state === wrong);
    if (names.length > 0) {
      return { ...status, state: wrong, reason: `the book of ${names.join(', ')} is ${wrong}` };
    }
  }
  return { ...status, state };
}
