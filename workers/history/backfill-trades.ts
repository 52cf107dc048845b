import { now } from '../../shared/clock.ts';
import { addMarketFacts } from '../../shared/db/market.ts';
import {
  findTradeBefore,
  findTradeSince,
  type IdRange,
  listMissingTradeIds,
} from '../../shared/db/trades.ts';
import type { Trade } from '../../shared/domain/market.ts';
import { RetryError } from '../../shared/errors.ts';
import { fetchTrades } from '../../shared/exchanges/history.ts';
import type { Venue } from '../../shared/exchanges/venue.ts';
import type { Payload } from '../../shared/tasks/catalogue.ts';
import { Columns } from '../../shared/tasks/columns.ts';
import type { Handler, TaskContext } from '../context.ts';
import { historyVenue } from './history-venue.ts';

/** With an unknown beginning, holes are looked for so far back: what a queue may hold when Redis is emptied. */
const LOOK_BACK_MS = 3_600_000;

/**
 * Fetches the trades between two ids, both included, that the archive lacks: stretch by stretch, page by page, so
 * that another run goes on where this one stopped. `fromId` 0 stands for the beginning of what the archive has of
 * the last hour; with an empty archive there is nothing to fetch, for nothing was ever lost.
 *
 * At the end every id is looked for again. One that the venue has passed over does not exist there; when the venue
 * has not come so far yet, the task is tried again.
 */
export const backfillTrades: Handler<'backfill_trades'> = async (payload, context) => {
  const venue = historyVenue(payload.venue, payload.symbol, context);
  const start = await findStart(payload, context);
  if (!start) return { missing: 0, filled: 0, unavailable: 0, note: 'the archive begins after these trades' };
  const range = { ...payload, fromId: start.fromId, since: start.since };
  const stretches = await listMissingTradeIds(context.sql, range);
  const missing = stretches.reduce((sum, stretch) => sum + sizeOf(stretch), 0);
  let done = 0;
  let newestId = 0;
  for (const stretch of stretches) {
    const query = { venue, symbol: payload.symbol, ...stretch, ...startTime(start.since) };
    for await (const trades of fetchTrades(query)) {
      context.signal.throwIfAborted();
      await archive(payload.venue, trades, context);
      done += trades.length;
      newestId = Math.max(newestId, Number(trades.at(-1)?.id));
      await context.progress(done, missing, `${done} of ${missing} trades fetched`);
    }
  }
  const left = await listMissingTradeIds(context.sql, range);
  const unavailable = left.reduce((sum, stretch) => sum + sizeOf(stretch), 0);
  const last = left.at(-1);
  if (last && newestId < Number(last.toId) && !(await hasPassed(venue, payload, last, start.since))) {
    throw new RetryError(`the venue has no trade ${last.toId} of ${payload.symbol} yet`);
  }
  if (unavailable > 0) context.log.warn({ ...payload, stretches: left.slice(0, 5) }, 'trades not available');
  return { missing, filled: missing - unavailable, unavailable };
};

/** The first id that may be missing, and a time (UTC ms) that it and all after it are not older than. */
async function findStart(
  payload: Payload<'backfill_trades'>,
  { sql }: TaskContext,
): Promise<{ fromId: string; since: number } | undefined> {
  if (Number(payload.fromId) > 0) {
    const before = await findTradeBefore(sql, { ...payload, beforeId: payload.fromId });
    return { fromId: payload.fromId, since: before?.ts ?? 0 };
  }
  const newest = await findTradeBefore(sql, { ...payload, beforeId: String(Number(payload.toId) + 1) });
  if (!newest) return undefined;
  const oldest = await findTradeSince(sql, { ...payload, since: Math.min(newest.ts, now() - LOOK_BACK_MS) });
  const from = oldest && Number(oldest.id) < Number(newest.id) ? oldest : newest;
  return { fromId: from.id, since: from.ts };
}

/** Whether the venue has trades behind this stretch, so that what it lacks there will never come. */
async function hasPassed(
  venue: Venue,
  { symbol }: Payload<'backfill_trades'>,
  { toId }: IdRange,
  since: number,
): Promise<boolean> {
  const { done } = await fetchTrades({
    venue,
    symbol,
    fromId: String(Number(toId) + 1),
    ...startTime(since),
  }).next();
  return !done;
}

async function archive(venue: string, trades: Trade[], context: TaskContext): Promise<void> {
  const columns = new Columns(venue, 'backfill');
  for (const trade of trades) columns.trade(trade);
  const rows = await addMarketFacts(context.sql, columns.build());
  context.metrics.rows.inc({ table: 'trades' }, rows.trades);
}

/** For venues that page by time; nothing where the archive has nothing older. */
const startTime = (since: number) => (since > 0 ? { fromTs: since } : {});

const sizeOf = ({ fromId, toId }: IdRange): number => Number(toId) - Number(fromId) + 1;
