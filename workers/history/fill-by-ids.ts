import { now } from '../../shared/clock.ts';
import { type GapOutcome, type GapRow, saveGapProgress } from '../../shared/db/gaps.ts';
import { type IdRange, listMissingTradeIds } from '../../shared/db/trades.ts';
import type { Trade } from '../../shared/domain/market.ts';
import { RetryError } from '../../shared/errors.ts';
import { fetchTrades } from '../../shared/exchanges/history.ts';
import type { VenueFacts } from '../../shared/exchanges/venue.ts';
import type { TaskContext } from '../context.ts';
import { archiveTrades } from './archive-trades.ts';

/** A trade may be a little older than one of a smaller id. */
const DISORDER_MS = 60_000;

/**
 * Where ids count up one by one every missing trade has a name. Fetches the stretches that the archive lacks, and at
 * the end looks for every id again: what is still missing the venue has not, for one of three reasons.
 */
export async function fillByIds(gap: GapRow, venue: VenueFacts, context: TaskContext): Promise<GapOutcome> {
  const { sql } = context;
  const asked: Asked = { venue, symbol: gap.symbol, since: gap.reachedTs };
  const fromId = String(Number(gap.reachedId) + 1);
  const range = { venue: gap.venue, symbol: gap.symbol, fromId, since: gap.reachedTs - DISORDER_MS };
  const toId = gap.toId === null ? await fetchToPresent(gap, asked, context) : before(gap.toId);
  if (Number(toId) < Number(fromId)) return { state: 'closed', lost: 0, reason: 'nothing was lost' };
  const missing = await listMissingTradeIds(sql, { ...range, toId });
  if (gap.toId !== null) await fetchStretches(gap, missing, asked, context);
  const left = await listMissingTradeIds(sql, { ...range, toId });
  return judge(left, asked);
}

/** What an id range is asked of, and a time (UTC ms) that nothing in it is older than. */
interface Asked {
  venue: VenueFacts;
  symbol: string;
  since: number;
}

/** No trade is known to end it: all that the venue has until now. Returns the last id there is. */
async function fetchToPresent(
  gap: GapRow,
  { since, ...asked }: Asked,
  context: TaskContext,
): Promise<string> {
  let [reached, last] = [
    { id: gap.reachedId, ts: gap.reachedTs },
    { id: gap.reachedId, ts: 0 },
  ];
  let done = 0;
  const startedAt = now();
  const fromId = String(Number(gap.reachedId) + 1);
  for await (const trades of fetchTrades({ ...asked, fromId, fromTs: since })) {
    context.signal.throwIfAborted();
    const filled = await archiveTrades(gap.venue, trades, context);
    const isNext = Number(trades[0]?.id) === Number(reached.id) + 1;
    last = trades.at(-1) as Trade;
    if (isNext && isUnbroken(trades)) reached = last;
    await saveGapProgress(context.sql, gap.id, { reached, filled });
    done += trades.length;
    await context.progress(done, done, `${done} trades fetched, to the present`);
    if (last.ts >= startedAt) break;
  }
  return last.id;
}

/**
 * Whole pages are archived, also what lies behind a stretch: where many trades were lost one by one, the next gaps find
 * theirs there already and cost no call.
 */
async function fetchStretches(
  gap: GapRow,
  stretches: readonly IdRange[],
  { since, ...asked }: Asked,
  context: TaskContext,
): Promise<void> {
  const missing = stretches.reduce((sum, stretch) => sum + sizeOf(stretch), 0);
  let reached = { id: gap.reachedId, ts: gap.reachedTs };
  let [done, covered, isWhole] = [0, 0, true];
  for (const { fromId, toId } of stretches) {
    if (Number(toId) <= covered) continue;
    let next = Math.max(Number(fromId), covered + 1);
    for await (const trades of fetchTrades({ ...asked, fromId: String(next), fromTs: since })) {
      context.signal.throwIfAborted();
      await archiveTrades(gap.venue, trades, context);
      isWhole &&= Number(trades[0]?.id) === next && isUnbroken(trades);
      next = Number(trades.at(-1)?.id) + 1;
      const filled = trades.filter(({ id }) => isWithin(stretches, id)).length;
      const own = trades.filter(({ id }) => Number(id) <= Number(toId)).at(-1);
      if (isWhole && own) reached = own;
      await saveGapProgress(context.sql, gap.id, { reached, filled });
      done += filled;
      await context.progress(done, missing, `${done} of ${missing} trades fetched`);
      covered = next - 1;
      if (covered >= Number(toId)) break;
    }
    isWhole &&= covered >= Number(toId);
  }
}

const isWithin = (stretches: readonly IdRange[], id: string): boolean =>
  stretches.some(({ fromId, toId }) => Number(id) >= Number(fromId) && Number(id) <= Number(toId));

/** Closed where nothing is left, or the venue itself skipped what is; lost where it no longer has it. */
async function judge(left: readonly IdRange[], asked: Asked): Promise<GapOutcome> {
  if (left.length === 0) return { state: 'closed', lost: 0, reason: null };
  let lost = 0;
  for (const stretch of left) if (!(await isSkipped(stretch, asked))) lost += sizeOf(stretch);
  const [first, last] = [left[0]?.fromId, left.at(-1)?.toId];
  if (lost === 0) {
    return {
      state: 'closed',
      lost: 0,
      reason: `${asked.venue.label} has no trades of some ids, ${first} to ${last}`,
    };
  }
  return {
    state: 'unfillable',
    lost,
    reason: `${asked.venue.label} no longer has ${lost} trades of ids ${first} to ${last}`,
  };
}

/**
 * Whether the venue goes from the trade before a stretch straight to one behind it.
 * @throws {RetryError} when it has not come so far yet, or has by now what it left out before
 */
async function isSkipped(stretch: IdRange, { since, ...asked }: Asked): Promise<boolean> {
  const { fromId, toId } = stretch;
  const neighbour = before(fromId);
  const { value: page } = await fetchTrades({ ...asked, fromId: neighbour, fromTs: since }).next();
  if (page?.some(({ id }: Trade) => isWithin([stretch], id))) {
    throw new RetryError(`${asked.venue.label} has trades of ${asked.symbol} now that it left out before`);
  }
  if (!page?.some(({ id }: Trade) => Number(id) > Number(toId))) {
    throw new RetryError(`${asked.venue.label} has no trade ${toId} of ${asked.symbol} yet`);
  }
  return page.some(({ id }: Trade) => id === neighbour);
}

const before = (id: string): string => String(Number(id) - 1);

const sizeOf = ({ fromId, toId }: IdRange): number => Number(toId) - Number(fromId) + 1;

const isUnbroken = (trades: readonly Trade[]): boolean =>
  Number(trades.at(-1)?.id) - Number(trades[0]?.id) === trades.length - 1;
