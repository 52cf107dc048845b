import { type GapRow, listDueGaps, saveGapTask } from '../../shared/db/gaps.ts';
import { taskRecord } from '../../shared/db/tasks.ts';
import { submitTask } from '../../shared/queue/submit.ts';
import type { TaskContext } from '../context.ts';

const FIRST_WAIT_MS = 5_000;
const LONGEST_WAIT_MS = 3_600_000;

/** Gaps of one venue that are being closed at a time: a venue that is slow to answer keeps no other waiting. */
const AT_ONCE = 4;

/** Has gaps closed whose time has come, of one venue or of all; each that ends makes room for the next of its venue. */
export async function askForDue(
  context: Pick<TaskContext, 'sql' | 'queues'>,
  venue?: string,
): Promise<number> {
  const due = await listDueGaps(context.sql, { most: AT_ONCE, ...(venue && { venue }) });
  for (const gap of due) await askToClose(context, gap);
  return due.length;
}

/** Has a gap closed by a task of its own; each time it is asked again it waits longer for the next. */
export async function askToClose(
  { sql, queues }: Pick<TaskContext, 'sql' | 'queues'>,
  { id, tries }: Pick<GapRow, 'id' | 'tries'>,
): Promise<void> {
  const taskId = `close-gap-${id}-${tries + 1}`;
  await saveGapTask(sql, id, { taskId, retryMs: gapRetryMs(tries + 1) });
  await submitTask(taskRecord(sql), queues, 'close_gap', { gapId: id }, taskId);
}

/** 5 s after the first try, twice as long after each further one, an hour at most. */
export const gapRetryMs = (tries: number): number =>
  Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(tries - 1, 20));
