import { now } from '../../shared/clock.ts';
import { type GapOutcome, type GapRow, saveGapProgress } from '../../shared/db/gaps.ts';
import type { Mark } from '../../shared/domain/gap.ts';
import type { Trade } from '../../shared/domain/market.ts';
import { RetryError } from '../../shared/errors.ts';
import { fetchTradesSince } from '../../shared/exchanges/history.ts';
import type { VenueFacts } from '../../shared/exchanges/venue.ts';
import type { TaskContext } from '../context.ts';
import { archiveTrades } from './archive-trades.ts';
import { closeWithin } from './close-within.ts';
import { endOf, overlapsWith, reaches } from './page-ends.ts';

/**
 * Where ids prove nothing, time does: the venue's own list of trades must overlap the last one known before the gap
 * and reach the first one after it, or the present. A list that begins too late leaves the stretch before it lost.
 */
export async function fillByOverlap(
  gap: GapRow,
  venue: VenueFacts,
  context: TaskContext,
): Promise<GapOutcome> {
  const from: Mark = { id: gap.reachedId, ts: gap.reachedTs };
  const to = endOf(gap);
  const startedAt = now();
  let [pages, reachedEnd] = [0, !to];
  for await (const page of fetchTradesSince({ venue, symbol: gap.symbol, from })) {
    context.signal.throwIfAborted();
    const overlaps = pages++ > 0 || overlapsWith(from, page);
    const wanted = page.filter(({ ts }) => ts >= from.ts && (!to || ts <= to.ts));
    const filled = await archiveTrades(gap.venue, wanted, context);
    const reached = (overlaps && wanted.at(-1)) || from;
    await saveGapProgress(context.sql, gap.id, { reached, filled });
    await closeWithin(gap, page, context);
    if (!overlaps) return beginsTooLate(gap, page, venue);
    reachedEnd ||= !to || reaches(to, page);
    await say(gap, reached, context);
    if (to ? reachedEnd : reached.ts >= startedAt) break;
  }
  if (pages === 0) throw new RetryError(`${venue.label} answered no trades of ${gap.symbol}`);
  if (!reachedEnd)
    throw new RetryError(`${venue.label} has not come to trade ${to?.id} of ${gap.symbol} yet`);
  return { state: 'closed', lost: 0, reason: null };
}

/** Lost is what was traded from the last known trade to the oldest that the venue still has. */
function beginsTooLate(gap: GapRow, page: readonly Trade[], { label, promises }: VenueFacts): GapOutcome {
  const oldest = page[0] as Trade;
  const isBeforeEnd = gap.toTs === null || oldest.ts <= gap.toTs;
  const kept =
    typeof promises.backfill === 'object' ? `only its newest ${promises.backfill.newest} trades` : 'trades';
  const since = new Date(oldest.ts).toISOString();
  return {
    state: 'unfillable',
    lost: null,
    reason: `${label} gives back ${kept}, from ${since} on: those before are lost`,
    ...(isBeforeEnd && { to: { id: oldest.id, ts: oldest.ts } }),
  };
}

async function say({ fromTs, toTs }: GapRow, { ts }: Mark, { progress }: TaskContext): Promise<void> {
  const at = new Date(ts).toISOString();
  await progress(ts - fromTs, Math.max(ts, toTs ?? ts) - fromTs, `fetched up to ${at}`);
}
