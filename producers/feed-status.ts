import { describeKinds } from '../shared/domain/symbols.ts';
import type { Entry } from '../shared/exchanges/entries.ts';
import type { Feed } from '../shared/exchanges/feed.ts';
import type { FeedStatus } from '../shared/queue/heartbeat.ts';

/** A feed as the console shows it: live only when its books are, down where there is nothing to take. */
export function statusOf(feed: Feed, entry: Entry, symbols: readonly string[]): FeedStatus {
  const { venue, state, reason, since, reconnects } = feed.status;
  const status = {
    entry: entry.name,
    venue,
    symbols: [...symbols],
    reason: reason ?? null,
    since,
    reconnects,
  };
  if (symbols.length === 0) {
    return { ...status, state: 'down', reason: `SYMBOLS has none of its ${describeKinds(entry.takes)}` };
  }
  if (state === 'closed') return { ...status, state: 'down', reason: 'stopped' };
  if (state !== 'live') return { ...status, state };
  for (const wrong of ['stale', 'syncing'] as const) {
    const names = symbols.filter((symbol) => feed.book(symbol)?.state === wrong);
    if (names.length > 0) {
      return { ...status, state: wrong, reason: `the book of ${names.join(', ')} is ${wrong}` };
    }
  }
  return { ...status, state };
}
