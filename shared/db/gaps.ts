import type { Gap, GapCause, GapState, Mark } from '../domain/gap.ts';
import type { Queryable } from './client.ts';
import { instrumentId } from './instruments.ts';

/** A gap of the ledger; times are integer UTC milliseconds. */
export interface GapRow {
  id: number;
  venue: string;
  symbol: string;
  cause: GapCause;
  detail: string;
  noticedAt: number;
  /** The last trade known before it. */
  fromTs: number;
  fromId: string;
  /** The first known after it. Without an id it reached to the present when it was asked for; that time is `toTs`. */
  toTs: number | null;
  toId: string | null;
  /** Up to this trade the archive is whole again. */
  reachedTs: number;
  reachedId: string;
  state: GapState;
  /** How many trades were missing; null while, or because, nobody can tell. */
  missing: number | null;
  /** How many of them were fetched. */
  filled: number;
  /** Why it is still open or lost for good, or how it came to be closed. */
  reason: string | null;
  taskId: string | null;
  /** How often it was asked to be closed. */
  tries: number;
  /** When it is tried again, while it is open. */
  retryAt: number;
  createdAt: number;
  closedAt: number | null;
}

const columns = (sql: Queryable) => sql`
  g.id, i.venue, i.symbol, g.cause, g.detail, g.noticed_at, g.from_ts, g.from_id, g.to_ts, g.to_id, g.reached_ts,
  g.reached_id, g.state, g.missing, g.filled, g.reason, g.task_id, g.tries, g.retry_at, g.created_at, g.closed_at`;

/** A gap whose beginning is known. */
export type KnownGap = Gap & { venue: string; from: Mark };

/** Writes a gap down unless it is there, by instrument, cause, time of notice and beginning. */
export async function addGap(sql: Queryable, gap: KnownGap): Promise<GapRow> {
  const { cause, detail, noticedAt, from, to } = gap;
  const instrument = instrumentId(sql, gap);
  await sql`
    INSERT INTO gaps (instrument_id, cause, detail, noticed_at, from_ts, from_id, to_ts, to_id, reached_ts, reached_id)
    VALUES (${instrument}, ${cause}, ${detail}, ${noticedAt}, ${from.ts}, ${from.id}, ${to?.ts ?? null},
      ${to?.id ?? null}, ${from.ts}, ${from.id})
    ON CONFLICT (instrument_id, cause, noticed_at, from_id) DO NOTHING`;
  const [row] = await sql<GapRow[]>`
    SELECT ${columns(sql)} FROM gaps g JOIN instruments i ON i.id = g.instrument_id
    WHERE g.instrument_id = ${instrument} AND g.cause = ${cause} AND g.noticed_at = ${noticedAt}
      AND g.from_id = ${from.id}`;
  if (!row) throw new Error('a gap vanished');
  return row;
}

/** A gap that reached to the present has got its end; one that was closed is open again. */
export async function saveGapEnd(sql: Queryable, id: number, to: Mark): Promise<void> {
  await sql`
    UPDATE gaps SET to_ts = ${to.ts}, to_id = ${to.id}, state = 'open', closed_at = NULL,
      task_id = CASE WHEN state = 'open' THEN task_id END
    WHERE id = ${id} AND to_id IS NULL`;
}

export async function findGap(sql: Queryable, id: number): Promise<GapRow | undefined> {
  const [row] = await sql<GapRow[]>`
    SELECT ${columns(sql)} FROM gaps g JOIN instruments i ON i.id = g.instrument_id WHERE g.id = ${id}`;
  return row;
}

export interface GapFilter {
  venue?: string | undefined;
  symbol?: string | undefined;
  state?: GapState | undefined;
  limit?: number;
}

/** Newest first. */
export async function listGaps(
  sql: Queryable,
  { venue, symbol, state, limit = 100 }: GapFilter = {},
): Promise<GapRow[]> {
  return sql<GapRow[]>`
    SELECT ${columns(sql)} FROM gaps g JOIN instruments i ON i.id = g.instrument_id
    WHERE (${venue ?? null}::text IS NULL OR i.venue = ${venue ?? null})
      AND (${symbol ?? null}::text IS NULL OR i.symbol = ${symbol ?? null})
      AND (${state ?? null}::text IS NULL OR g.state = ${state ?? null}::gap_state)
    ORDER BY g.id DESC LIMIT ${limit}`;
}

/**
 * Open gaps whose time has come, of each venue (or of this one) so many that, with those that a task is at work on, no
 * more than `most` are asked for at a time; the oldest first.
 */
export async function listDueGaps(
  sql: Queryable,
  { most, venue }: { most: number; venue?: string },
): Promise<GapRow[]> {
  return sql<GapRow[]>`
    WITH open_gaps AS (
      SELECT g.id, i.venue, g.retry_at, t.id IS NOT NULL AS is_busy
      FROM gaps g JOIN instruments i ON i.id = g.instrument_id
      LEFT JOIN tasks t ON t.id = g.task_id AND t.finished_at IS NULL
      WHERE g.state = 'open' AND (${venue ?? null}::text IS NULL OR i.venue = ${venue ?? null})
    ), in_line AS (
      SELECT id, is_busy, row_number() OVER (PARTITION BY venue ORDER BY is_busy DESC, retry_at, id) AS place
      FROM open_gaps WHERE is_busy OR retry_at <= clock_timestamp()
    )
    SELECT ${columns(sql)} FROM in_line JOIN gaps g USING (id) JOIN instruments i ON i.id = g.instrument_id
    WHERE NOT is_busy AND place <= ${most} ORDER BY g.retry_at, g.id`;
}

/** How many are not closed, by venue and state: every venue that is recorded, also with none. */
export async function countOpenGaps(
  sql: Queryable,
): Promise<{ venue: string; open: number; unfillable: number }[]> {
  return sql`
    SELECT i.venue, count(*) FILTER (WHERE g.state = 'open') AS open,
      count(*) FILTER (WHERE g.state = 'unfillable') AS unfillable
    FROM instruments i LEFT JOIN gaps g ON g.instrument_id = i.id AND g.state <> 'closed'
    WHERE i.recorded_from IS NOT NULL GROUP BY 1 ORDER BY 1`;
}

/** A task is asked to close it, once more; without an outcome it is due again after `retryMs`. */
export async function saveGapTask(
  sql: Queryable,
  id: number,
  { taskId, retryMs }: { taskId: string; retryMs: number },
): Promise<void> {
  await sql`
    UPDATE gaps SET state = 'open', task_id = ${taskId}, tries = tries + 1, closed_at = NULL,
      retry_at = clock_timestamp() + ${retryMs} * interval '1 millisecond'
    WHERE id = ${id}`;
}

/** Up to `reached` the archive is whole, unless it is all along; `filled` more trades were added on the way. */
export async function saveGapProgress(
  sql: Queryable,
  id: number,
  { reached, filled }: { reached: Mark; filled: number },
): Promise<void> {
  await sql`
    UPDATE gaps SET reached_ts = ${reached.ts}, reached_id = ${reached.id}, filled = filled + ${filled}
    WHERE id = ${id} AND state = 'open'`;
}

/** Why it could not be closed this time. */
export async function saveGapReason(
  sql: Queryable,
  id: number,
  { reason, retryMs }: { reason: string; retryMs: number },
): Promise<void> {
  await sql`
    UPDATE gaps SET reason = ${reason}, retry_at = clock_timestamp() + ${retryMs} * interval '1 millisecond'
    WHERE id = ${id} AND state = 'open'`;
}

/** What became of a gap; `to` is where it really ends. */
export interface GapOutcome {
  state: 'closed' | 'unfillable';
  /** Trades that can't be had; null where nobody can tell how many. */
  lost: number | null;
  reason: string | null;
  to?: { ts: number; id: string | null };
}

/**
 * Ends an open gap; returns whether it did: not when another task ended it, nor when it got another end meanwhile, for
 * `toId` is what the outcome is of.
 */
export async function saveGapOutcome(
  sql: Queryable,
  { id, toId }: Pick<GapRow, 'id' | 'toId'>,
  { state, lost, reason, to }: GapOutcome,
): Promise<boolean> {
  const end = to ? sql`to_ts = ${to.ts}, to_id = ${to.id},` : sql``;
  const { count } = await sql`
    UPDATE gaps SET ${end} state = ${state}, reason = ${reason}, missing = filled + ${lost}::bigint,
      closed_at = CASE WHEN ${state}::gap_state = 'closed' THEN clock_timestamp() END
    WHERE id = ${id} AND state = 'open' AND to_id IS NOT DISTINCT FROM ${toId}`;
  return count === 1;
}
