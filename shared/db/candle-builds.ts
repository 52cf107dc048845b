import { INTERVALS } from '../domain/market.ts';
import { findArchiveLayout } from './archive-layout.ts';
import { BUILT_INTERVALS, builtView } from './built-candles.ts';
import type { Sql, Transaction } from './client.ts';
import { findHorizon } from './horizons.ts';

/** A minute is built when so much time has passed since its end; what comes later has it built again. */
const SETTLE_MS = 2_000;
/** Marks of one transaction. */
const SLICE = 50_000;
/** Buckets of one transaction of a refresh. The ten that TimescaleDB takes by itself make a year of minutes take minutes. */
const BATCH = 1_440;

/** How far a build has come: levels with the columnstore, minutes of one instrument without it. */
export interface BuildStep {
  done: number;
  total: number;
}

/**
 * Builds the candles of every minute and instrument to which trades were added since the last run, however old, and
 * those of all longer intervals that hold them. What is older than the trades' or candles' horizon stays as it is.
 * To be run alone (`aloneWithArchive`).
 */
export async function buildCandles(
  sql: Sql,
  onStep: (step: BuildStep) => Promise<void> = async () => {},
): Promise<void> {
  const horizons = await Promise.all([findHorizon(sql, 'trades'), findHorizon(sql, 'candles')]);
  const from = Math.max(...horizons);
  const until = await settledMinute(sql);
  if ((await findArchiveLayout(sql)) === 'columnstore') await refreshLevels(sql, from, until, onStep);
  else await buildMarkedMinutes(sql, from, until, onStep);
}

/** The beginning of the newest minute that has not settled, by the database's clock. */
async function settledMinute(sql: Sql): Promise<number> {
  const [row] = await sql<{ until: number }[]>`
    SELECT date_bin('1 minute', clock_timestamp() - ${SETTLE_MS} * interval '1 millisecond', 'epoch') AS until`;
  return row?.until ?? 0;
}

/** TimescaleDB knows itself which buckets have changed: a refresh touches no others. */
async function refreshLevels(
  sql: Sql,
  from: number,
  until: number,
  onStep: (step: BuildStep) => Promise<void>,
): Promise<void> {
  await summarizeNewTrades(sql);
  const batches = (await takesOptions(sql)) ? sql`, false, ${sql.json({ buckets_per_batch: BATCH })}` : sql``;
  for (const [done, interval] of BUILT_INTERVALS.entries()) {
    await sql`CALL refresh_continuous_aggregate(${builtView(interval)}, ${from}::timestamptz, ${until}::timestamptz${batches})`;
    await onStep({ done: done + 1, total: BUILT_INTERVALS.length });
  }
}

/** Since TimescaleDB 2.22; before it, a refresh is one batch. */
async function takesOptions(sql: Sql): Promise<boolean> {
  const [row] = await sql<{ arguments: number }[]>`
    SELECT max(pronargs)::integer AS arguments FROM pg_proc WHERE proname = 'refresh_continuous_aggregate'`;
  return (row?.arguments ?? 0) > 4;
}

/** So that the index by time covers the newest pages too, which it would else read all of. */
async function summarizeNewTrades(sql: Sql): Promise<void> {
  await sql`
    SELECT brin_summarize_new_values(i.indexrelid)
    FROM show_chunks('trades', newer_than => interval '2 days') AS chunk
    JOIN pg_index i ON i.indrelid = chunk JOIN pg_class c ON c.oid = i.indexrelid
    JOIN pg_am am ON am.oid = c.relam AND am.amname = 'brin'`;
}

async function buildMarkedMinutes(
  sql: Sql,
  from: number,
  until: number,
  onStep: (step: BuildStep) => Promise<void>,
): Promise<void> {
  const [{ total } = { total: 0 }] = await sql<{ total: number }[]>`
    SELECT count(*) AS total FROM (SELECT DISTINCT instrument_id, ts FROM unbuilt_minutes WHERE ts < ${until}) minutes`;
  let done = 0;
  for (let isLast = false; !isLast; ) {
    const built = await sql.begin(async (tx) => {
      const { marks, minutes } = await takeMarks(tx, from, until);
      for (const interval of BUILT_INTERVALS) await keepLevel(tx, interval, minutes);
      isLast = marks < SLICE;
      if (isLast) await tx`UPDATE built_until SET ts = greatest(ts, ${until}::timestamptz)`;
      return minutes.length;
    });
    done += built;
    if (built > 0) await onStep({ done: Math.min(done, total), total });
  }
}

interface Minute {
  instrumentId: number;
  ts: number;
}

/** A mark that is seen was committed with its trades, so the statements after this one see them too. */
async function takeMarks(tx: Transaction, from: number, until: number) {
  const marks = await tx<Minute[]>`
    DELETE FROM unbuilt_minutes WHERE ctid = ANY(ARRAY(
      SELECT ctid FROM unbuilt_minutes WHERE ts < ${until} LIMIT ${SLICE})) RETURNING instrument_id, ts`;
  const minutes = new Map(
    marks.filter(({ ts }) => ts >= from).map((minute) => [`${minute.instrumentId} ${minute.ts}`, minute]),
  );
  return { marks: marks.length, minutes: [...minutes.values()] };
}

async function keepLevel(
  tx: Transaction,
  interval: (typeof BUILT_INTERVALS)[number],
  minutes: readonly Minute[],
): Promise<void> {
  if (minutes.length === 0) return;
  const stepMs = INTERVALS[interval];
  const instruments = `{${minutes.map(({ instrumentId }) => instrumentId).join()}}`;
  const buckets = `{${minutes.map(({ ts }) => new Date(Math.floor(ts / stepMs) * stepMs).toISOString()).join()}}`;
  await tx`SELECT ${tx(`keep_${builtView(interval)}`)}(${instruments}::text::integer[], ${buckets}::text::timestamptz[])`;
}
