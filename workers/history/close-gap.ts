import { now } from '../../shared/clock.ts';
import {
  findGap,
  type GapOutcome,
  type GapRow,
  saveGapOutcome,
  saveGapReason,
  saveGapTask,
} from '../../shared/db/gaps.ts';
import { messageOf, RejectError, RetryError } from '../../shared/errors.ts';
import { TASKS } from '../../shared/tasks/catalogue.ts';
import type { Handler, TaskContext } from '../context.ts';
import { askForDue, gapRetryMs } from './ask-to-close.ts';
import { fillByIds } from './fill-by-ids.ts';
import { fillByOverlap } from './fill-by-overlap.ts';
import { historyVenue } from './history-venue.ts';
import { areCounted } from './trade-ids.ts';

/**
 * Fetches what a gap lacks, page by page: another run goes on where this one stopped. It is closed when that proves
 * complete, and unfillable when the venue no longer has what it takes; while the venue can't be asked, or has not come
 * so far yet, it stays open with the reason, and `retry_gaps` asks again.
 */
export const closeGap: Handler<'close_gap'> = async ({ gapId }, context) => {
  const { sql } = context;
  const gap = await findGap(sql, gapId);
  if (!gap) throw new RejectError(`there is no gap ${gapId}`, 'gapId');
  const result = gap.state === 'closed' ? describe(gap) : await close(gap, context);
  await askForDue(context, gap.venue);
  return result;
};

async function close(gap: GapRow, context: TaskContext) {
  const { sql } = context;
  if (gap.state === 'unfillable') {
    await saveGapTask(sql, gap.id, { taskId: context.id, retryMs: gapRetryMs(gap.tries + 1) });
  }
  try {
    const outcome = await fill(gap, context);
    const ended = await saveGapOutcome(sql, gap, outcome);
    if (!ended && (await findGap(sql, gap.id))?.state === 'open') {
      throw new RetryError('a trade ended the gap meanwhile');
    }
  } catch (error) {
    if (!context.signal.aborted) await keepReason(gap, error, context);
    if (context.attempt < TASKS.close_gap.attempts || !(error instanceof RetryError)) throw error;
  }
  return finish(gap, context);
}

/** What is lost and has no end reaches to the present: behind it the stream is heard. */
async function fill(gap: GapRow, context: TaskContext): Promise<GapOutcome> {
  const outcome = await tryToFill(gap, context);
  const hasNoEnd = gap.toId === null && !outcome.to && outcome.state === 'unfillable';
  return hasNoEnd ? { ...outcome, to: { ts: now(), id: null } } : outcome;
}

async function tryToFill(gap: GapRow, context: TaskContext): Promise<GapOutcome> {
  try {
    const venue = await historyVenue(gap.venue, gap.symbol, context);
    if (venue.promises.backfill === 'none') {
      throw new RejectError(`${venue.label} gives back no trades that were missed`, 'venue');
    }
    const ends = [gap.reachedId, ...(gap.toId === null ? [] : [gap.toId])].map((id) => ({ id, ts: 0 }));
    const haveRisen = gap.toId === null || Number(gap.toId) > Number(gap.reachedId);
    return areCounted(venue, ...ends) && haveRisen
      ? await fillByIds(gap, venue, context)
      : await fillByOverlap(gap, venue, context);
  } catch (error) {
    if (!(error instanceof RejectError)) throw error;
    return { state: 'unfillable', lost: null, reason: error.message };
  }
}

async function keepReason(gap: GapRow, error: unknown, { sql }: TaskContext): Promise<void> {
  const retryMs = Math.max(gapRetryMs(gap.tries), error instanceof RetryError ? (error.afterMs ?? 0) : 0);
  await saveGapReason(sql, gap.id, { reason: messageOf(error), retryMs });
}

async function finish(before: GapRow, { sql, metrics, log }: TaskContext) {
  const gap = (await findGap(sql, before.id)) as GapRow;
  if (gap.state === 'unfillable') log.warn({ gap: gap.id, reason: gap.reason }, 'trades are lost');
  if (gap.state !== 'open') {
    metrics.gapTrades.inc({ venue: gap.venue, outcome: 'lost' }, (gap.missing ?? gap.filled) - gap.filled);
  }
  return describe(gap);
}

const describe = ({ state, missing, filled, reason }: GapRow) => ({ state, missing, filled, reason });
