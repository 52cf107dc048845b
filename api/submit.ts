import { randomUUID } from 'node:crypto';
import { sleep } from '../shared/clock.ts';
import { addAudit } from '../shared/db/audit.ts';
import { taskRecord } from '../shared/db/tasks.ts';
import { submitTask, type TaskRecord } from '../shared/queue/submit.ts';
import type { Payload, TaskName } from '../shared/tasks/catalogue.ts';
import type { ApiDeps } from './deps.ts';

const REDIS_PATIENCE_MS = 700;

/**
 * Records a task and its audit row in one transaction, then enqueues it; returns its id.
 * While Redis is away the id comes just the same: the sweep sends the task later.
 */
export async function submitAudited<N extends TaskName>(
  { sql, queues }: ApiDeps,
  actor: string,
  action: string,
  name: N,
  payload: Payload<N>,
): Promise<string> {
  const id = randomUUID();
  let recorded = () => {};
  const inRecord = new Promise<void>((resolve) => {
    recorded = resolve;
  });
  const record: TaskRecord = {
    ...taskRecord(sql),
    async add(task) {
      const added = await sql.begin(async (tx) => {
        await addAudit(tx, { actor, action, details: { taskId: task.id, payload: task.payload } });
        return taskRecord(tx).add(task);
      });
      recorded();
      return added;
    },
  };
  const sent = new AbortController();
  await Promise.race([
    submitTask(record, queues, name, payload, id).finally(() => sent.abort()),
    inRecord.then(() => sleep(REDIS_PATIENCE_MS, sent.signal)),
  ]);
  return id;
}
