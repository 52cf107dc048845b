import { randomUUID } from 'node:crypto';
import { type Payload, parsePayload, type TaskName, taskDefinition } from '../tasks/catalogue.ts';
import type { Queues } from './queues.ts';

/** Where tasks are recorded; `shared/db/tasks.ts` keeps them in PostgreSQL. */
export interface TaskRecord {
  /** Adds a PENDING row; `false` when a task of this id is there already. */
  add(task: { id: string; name: TaskName; queue: string; payload: unknown }): Promise<boolean>;
  markEnqueued(id: string): Promise<void>;
}

/**
 * Records a task as PENDING, then enqueues it, and returns its id at once.
 *
 * A crash or an absent Redis in between loses nothing: the sweep enqueues what was recorded and never arrived.
 * With an `id` that exists the call is a no-op, so a caller that runs twice asks once.
 */
export async function submitTask<N extends TaskName>(
  record: TaskRecord,
  queues: Queues,
  name: N,
  payload: Payload<N>,
  id: string = randomUUID(),
): Promise<string> {
  const parsed = parsePayload(name, payload);
  const added = await record.add({ id, name, queue: taskDefinition(name).queue, payload: parsed });
  if (added)
    await queues.enqueue(name, payload, { id }).then(
      () => record.markEnqueued(id),
      () => {},
    );
  return id;
}
