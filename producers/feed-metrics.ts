import type { FeedFact } from '../shared/exchanges/feed/feed.ts';
import { quotaWaits } from '../shared/exchanges/quota.ts';
import type { Metrics } from '../shared/metrics.ts';

/** Counts what befalls a venue's feed. */
export function countFact(fact: FeedFact, { metrics, venue }: { metrics: Metrics; venue: string }): void {
  if (fact.type === 'cut') metrics.reconnects.inc({ venue });
  else if (fact.type === 'handover') metrics.handovers.inc({ venue });
  else if (fact.type === 'broken book') metrics.brokenBooks.inc({ venue, cause: fact.cause });
  else metrics.bookAudits.inc({ venue, result: fact.isRight ? 'right' : 'wrong' });
}

/** Takes over how long this process has stood in line so far. */
export function measureWaits(metrics: Metrics): void {
  for (const { quota, waitedMs } of quotaWaits()) metrics.quotaWait.set({ quota }, waitedMs / 1000);
}
