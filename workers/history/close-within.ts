import { type GapRow, listGaps, saveGapOutcome, saveGapProgress } from '../../shared/db/gaps.ts';
import type { Trade } from '../../shared/domain/market.ts';
import type { TaskContext } from '../context.ts';
import { archiveTrades } from './archive-trades.ts';
import { endOf, overlapsWith, reaches } from './page-ends.ts';

const MOST = 1_000;

/**
 * Closes the symbol's other open gaps that lie within a page of trades fetched for one of them: after several cuts in a
 * row one call is enough for all.
 */
export async function closeWithin(
  gap: GapRow,
  page: readonly Trade[],
  context: Pick<TaskContext, 'sql' | 'metrics'>,
): Promise<void> {
  const { venue, symbol } = gap;
  for (const other of await listGaps(context.sql, { venue, symbol, state: 'open', limit: MOST })) {
    const to = endOf(other);
    const from = { id: other.reachedId, ts: other.reachedTs };
    if (other.id === gap.id || !to || !overlapsWith(from, page) || !reaches(to, page)) continue;
    const wanted = page.filter(({ ts }) => ts >= from.ts && ts <= to.ts);
    const filled = await archiveTrades(venue, wanted, context);
    await saveGapProgress(context.sql, other.id, { reached: to, filled });
    await saveGapOutcome(context.sql, other, { state: 'closed', lost: 0, reason: null });
  }
}
