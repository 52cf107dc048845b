import type { TaskName } from '../tasks/catalogue.ts';
import type { TaskState } from '../tasks/define.ts';
import type { Queryable } from './client.ts';

/** A recorded task; times are integer UTC milliseconds. */
export interface TaskRow {
  id: string;
  name: TaskName;
  queue: string;
  state: TaskState;
  payload: Record<string, unknown>;
  progress: { done: number; total: number; note: string } | null;
  result: unknown;
  error: string | null;
  attempts: number;
  worker: string | null;
  createdAt: number;
  startedAt: number | null;
  finishedAt: number | null;
  /** Every state it has been in and since when, oldest first. */
  history: { state: TaskState; at: number }[];
}

const columns = (sql: Queryable) =>
  sql`id, name, queue, state, payload, progress, result, error, attempts, worker, created_at, started_at, finished_at, history`;

export async function findTask(sql: Queryable, id: string): Promise<TaskRow | undefined> {
  const [row] = await sql<TaskRow[]>`SELECT ${columns(sql)} FROM tasks WHERE id = ${id}`;
  return row;
}

/** Newest first. */
export async function listTasks(
  sql: Queryable,
  {
    name,
    state,
    limit = 100,
  }: { name?: string | undefined; state?: TaskState | undefined; limit?: number } = {},
): Promise<TaskRow[]> {
  return sql<TaskRow[]>`
    SELECT ${columns(sql)} FROM tasks
    WHERE (${name ?? null}::text IS NULL OR name = ${name ?? null})
      AND (${state ?? null}::text IS NULL OR state = ${state ?? null}::task_state)
    ORDER BY created_at DESC, id LIMIT ${limit}`;
}

/** The record that `submitTask` writes to. */
export const taskRecord = (sql: Queryable) => ({
  async add(task: { id: string; name: TaskName; queue: string; payload: unknown }): Promise<boolean> {
    const rows = await sql`
      INSERT INTO tasks (id, name, queue, payload)
      VALUES (${task.id}, ${task.name}, ${task.queue}, ${sql.json(task.payload as never)})
      ON CONFLICT (id) DO NOTHING RETURNING id`;
    return rows.length === 1;
  },
  async markEnqueued(id: string): Promise<void> {
    await sql`UPDATE tasks SET enqueued_at = clock_timestamp() WHERE id = ${id}`;
  },
});

/** STARTED, with one attempt more; adds the row where a schedule began the task. */
export async function saveStarted(
  sql: Queryable,
  task: { id: string; name: TaskName; queue: string; payload: unknown; worker: string },
): Promise<TaskRow> {
  const [row] = await sql<TaskRow[]>`
    INSERT INTO tasks AS t (id, name, queue, payload, state, attempts, worker, enqueued_at, started_at)
    VALUES (${task.id}, ${task.name}, ${task.queue}, ${sql.json(task.payload as never)}, 'STARTED', 1, ${task.worker},
      clock_timestamp(), clock_timestamp())
    ON CONFLICT (id) DO UPDATE SET
      state = 'STARTED', attempts = t.attempts + 1, worker = excluded.worker, started_at = clock_timestamp()
      WHERE t.state NOT IN ('SUCCESS', 'REVOKED')
    RETURNING ${columns(sql)}`;
  return row ?? (await mustFind(sql, task.id));
}

export async function saveProgress(sql: Queryable, id: string, progress: TaskRow['progress']): Promise<void> {
  await sql`UPDATE tasks SET state = 'PROGRESS', progress = ${sql.json(progress as never)}
    WHERE id = ${id} AND state IN ('STARTED', 'PROGRESS')`;
}

/** Ends a task, or notes that it will be tried again; an ended task keeps its first end. */
export async function saveOutcome(
  sql: Queryable,
  id: string,
  outcome: { state: 'SUCCESS'; result: unknown } | { state: 'FAILURE' | 'RETRY' | 'REVOKED'; error: string },
): Promise<void> {
  const result = outcome.state === 'SUCCESS' ? sql.json((outcome.result ?? null) as never) : null;
  const error = outcome.state === 'SUCCESS' ? null : outcome.error;
  await sql`
    UPDATE tasks SET state = ${outcome.state}, result = ${result}, error = ${error},
      finished_at = CASE WHEN ${outcome.state === 'RETRY'} THEN NULL ELSE clock_timestamp() END
    WHERE id = ${id} AND finished_at IS NULL`;
}

/** Tasks that were recorded at least `ageMs` ago, have not ended and may never have reached a queue. */
export async function listUnfinishedTasks(sql: Queryable, ageMs: number): Promise<TaskRow[]> {
  return sql<TaskRow[]>`
    SELECT ${columns(sql)} FROM tasks
    WHERE finished_at IS NULL AND created_at < clock_timestamp() - ${ageMs} * interval '1 millisecond'
    ORDER BY created_at LIMIT 500`;
}

/** Forgets tasks that ended longer ago than `ageMs`. */
export async function deleteEndedTasks(sql: Queryable, ageMs: number): Promise<void> {
  const before = sql`statement_timestamp() - ${ageMs} * interval '1 millisecond'`;
  // What ended before then was created before then: that is what the index knows.
  await sql`DELETE FROM tasks WHERE finished_at < ${before} AND created_at < ${before}`;
}

async function mustFind(sql: Queryable, id: string): Promise<TaskRow> {
  const row = await findTask(sql, id);
  if (!row) throw new Error(`task ${id} vanished`);
  return row;
}
