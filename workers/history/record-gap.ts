import { addGap, saveGapEnd, saveGapOutcome } from '../../shared/db/gaps.ts';
import { findRecordedFrom, saveRecordedFrom } from '../../shared/db/instruments.ts';
import {
  findLastTradeBefore,
  findTradeBefore,
  findTradeSince,
  listMissingTradeIds,
} from '../../shared/db/trades.ts';
import type { Mark } from '../../shared/domain/gap.ts';
import type { Payload } from '../../shared/tasks/catalogue.ts';
import type { Handler, TaskContext } from '../context.ts';
import { askForDue, askToClose } from './ask-to-close.ts';
import { historyVenue } from './history-venue.ts';
import { follows } from './trade-ids.ts';

/** So far before the archive's last trade holes are looked for, when gaps may have been lost with Redis. */
const LOOK_BACK_MS = 3_600_000;

/**
 * Writes a gap into the ledger and has it closed. Told again it is the same row; told again with the trade that ended
 * it, the row gets that end.
 *
 * The first word of a symbol that was never recorded is no gap: its record begins here.
 */
export const recordGap: Handler<'record_gap'> = async (payload, context) => {
  const { sql } = context;
  const { symbol, cause, detail, noticedAt, venue, to } = payload;
  const since = await findRecordedFrom(sql, payload);
  const from = since === undefined ? heardBefore(payload) : await findBeginning(payload, since, context);
  const recordedFrom = (from ?? to)?.ts ?? noticedAt;
  if (since === undefined || !from) await saveRecordedFrom(sql, { venue, symbol, at: recordedFrom });
  if (!from) return { recordedFrom };
  const gap = await addGap(sql, { venue, symbol, cause, detail, noticedAt, from, ...(to && { to }) });
  const isNew = gap.taskId === null && gap.state === 'open';
  const hasEnded = to !== undefined && gap.toId === null;
  if (!isNew && !hasEnded) return { gapId: gap.id };
  if (hasEnded) await saveGapEnd(sql, gap.id, to);
  const reached = { id: gap.reachedId, ts: gap.reachedTs };
  if (to && follows(reached, to, await historyVenue(venue, symbol, context))) {
    await saveGapOutcome(
      sql,
      { ...gap, toId: to.id },
      { state: 'closed', lost: 0, reason: 'nothing was lost' },
    );
  } else if (isNew) await askForDue(context, venue);
  else if (gap.state !== 'open') await askToClose(context, gap);
  return { gapId: gap.id };
};

/**
 * Behind an outage the word of a gap may come before the first word of its symbol: then it begins with a trade that
 * was heard. A cursor proves nothing, it may be that of another archive.
 */
const heardBefore = ({ cause, from }: Payload<'record_gap'>): Mark | undefined =>
  cause === 'restart' || cause === 'crash' || cause === 'redis' ? undefined : from;

/** The last trade known before the gap; undefined where there is none since the record began. */
async function findBeginning(
  payload: Payload<'record_gap'>,
  since: number,
  context: TaskContext,
): Promise<Mark | undefined> {
  if (payload.from) return payload.from;
  const { sql } = context;
  const last = await findLastTradeBefore(sql, {
    ...payload,
    since,
    before: payload.to?.ts ?? payload.noticedAt + 1,
  });
  if (!last || (await historyVenue(payload.venue, payload.symbol, context)).promises.tradeBreaks !== 'ids')
    return last;
  return (await findHole(payload, last, Math.max(since, last.ts - LOOK_BACK_MS), context)) ?? last;
}

/** The trade before the first hole of the ids since then: a gap that was noticed, but whose word was lost. */
async function findHole(
  of: Payload<'record_gap'>,
  last: Mark,
  since: number,
  { sql }: TaskContext,
): Promise<Mark | undefined> {
  const first = await findTradeSince(sql, { ...of, since });
  if (!first || !(Number(first.id) < Number(last.id))) return undefined;
  const [hole] = await listMissingTradeIds(sql, { ...of, fromId: first.id, toId: last.id, since });
  return hole && findTradeBefore(sql, { ...of, beforeId: hole.fromId });
}
