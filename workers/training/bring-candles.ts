import { monotonic, sleep } from '../../shared/clock.ts';
import type { CandleRange } from '../../shared/db/candle-series.ts';
import { listMissingCandles } from '../../shared/db/candles.ts';
import type { Sql } from '../../shared/db/client.ts';
import { findTask, type TaskRow, taskRecord } from '../../shared/db/tasks.ts';
import { INTERVALS } from '../../shared/domain/market.ts';
import { submitTask } from '../../shared/queue/submit.ts';
import type { TaskContext } from '../context.ts';

/** A range counts as whole when so much of it is there: venues leave out candles in which nothing was traded. */
const WHOLE = 0.99;
const PATIENCE_MS = 10 * 60_000;
const POLL_MS = 200;

/**
 * Brings the candles of a range that the archive lacks: submits a `bootstrap` task of its own (the same at every
 * attempt) and waits for its end, at most ten minutes.
 * @returns how many candles there are now, and why the bootstrap failed, if it did
 */
export async function bringCandles(
  range: CandleRange,
  context: TaskContext,
  say: (note: string) => Promise<void>,
): Promise<{ count: number; failure?: string }> {
  const wanted = (range.to - range.from) / INTERVALS[range.interval];
  const missing = await countMissing(context.sql, range);
  if (missing <= (1 - WHOLE) * wanted) return { count: wanted - missing };
  await say(`bootstrapping ${missing} missing candles`);
  const record = taskRecord(context.sql);
  const id = await submitTask(record, context.queues, 'bootstrap', range, `${context.id}-bootstrap`);
  const failure = await endOf(id, context, say);
  const count = wanted - (await countMissing(context.sql, range));
  return failure ? { count, failure } : { count };
}

async function countMissing(sql: Sql, range: CandleRange): Promise<number> {
  const stepMs = INTERVALS[range.interval];
  const stretches = await listMissingCandles(sql, { ...range, stepMs });
  return stretches.reduce((sum, { from, to }) => sum + (to - from) / stepMs, 0);
}

/** Waits for a task to end; undefined when it succeeded, else why not. */
async function endOf(
  id: string,
  context: TaskContext,
  say: (note: string) => Promise<void>,
): Promise<string | undefined> {
  const until = monotonic() + PATIENCE_MS;
  let shown: string | undefined;
  while (monotonic() < until) {
    context.signal.throwIfAborted();
    const task = await findTask(context.sql, id);
    if (task?.finishedAt) return task.state === 'SUCCESS' ? undefined : (task.error ?? task.state);
    const note = noteOf(task);
    if (note !== shown) await say(note);
    shown = note;
    await sleep(POLL_MS, context.signal);
  }
  return `bootstrap ${id} did not end within ${PATIENCE_MS / 60_000} minutes`;
}

function noteOf(task: TaskRow | undefined): string {
  if (task?.state === 'RETRY') return `bootstrap will be tried again: ${task.error}`;
  if (!task?.progress) return 'waiting for the bootstrap';
  return `bootstrap: ${task.progress.note} (${task.progress.done} of ${task.progress.total})`;
}
