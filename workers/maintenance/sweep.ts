import { DAY_MS } from '../../shared/clock.ts';
import { canMail } from '../../shared/config.ts';
import { deleteOldBadFrames } from '../../shared/db/bad-frames.ts';
import { listOpenOrders } from '../../shared/db/orders.ts';
import { listUnsentMail } from '../../shared/db/outbox.ts';
import { listUndecidedSignals } from '../../shared/db/signals.ts';
import { deleteEndedTasks, listUnfinishedTasks, saveOutcome, taskRecord } from '../../shared/db/tasks.ts';
import { messageOf, RejectError } from '../../shared/errors.ts';
import { executionJobId, mailJobId } from '../../shared/queue/job-ids.ts';
import { isTaskName, type Payload, type TaskName } from '../../shared/tasks/catalogue.ts';
import type { Handler, TaskContext } from '../context.ts';

/** What is younger is most likely still on its way by itself. */
const GRACE_MS = 3_000;
/** Mail that could not be sent for so long stays in the outbox for people to read: it is news no more. */
const MAIL_PATIENCE_MS = DAY_MS;
const KEEP_TASKS_MS = 30 * DAY_MS;
const KEEP_BAD_FRAMES = 10_000;

/**
 * Compares the record with the queues and sends on what has no job: tasks that never arrived, fresh signals without a
 * decision, orders left in the middle, unsent mail. Then it throws away what nobody needs any more.
 *
 * A job id keeps each of them from being sent twice, so it does no harm when two sweeps meet.
 */
export const sweep: Handler<'sweep'> = async (_payload, context) => {
  const revived = {
    tasks: await reviveTasks(context),
    signals: await reviveSignals(context),
    orders: await reviveOrders(context),
    mails: await reviveMail(context),
  };
  const total = Object.values(revived).reduce((sum, count) => sum + count, 0);
  if (total > 0) context.log.info(revived, 'sent on again');
  await deleteEndedTasks(context.sql, KEEP_TASKS_MS);
  await deleteOldBadFrames(context.sql, KEEP_BAD_FRAMES);
  return revived;
};

async function reviveTasks(context: TaskContext): Promise<number> {
  const { sql, queues } = context;
  return reviveEach(context, await listUnfinishedTasks(sql, GRACE_MS), async ({ id, name, payload }) => {
    try {
      if (!isTaskName(name)) throw new RejectError(`no such task in the catalogue: ${name}`);
      const revived = await queues.enqueueIfAbsent(name, payload as Payload<TaskName>, { id });
      if (revived) await taskRecord(sql).markEnqueued(id);
      return revived;
    } catch (error) {
      if (!(error instanceof RejectError)) throw error;
      await saveOutcome(sql, id, { state: 'FAILURE', error: error.message });
      return false;
    }
  });
}

async function reviveSignals(context: TaskContext): Promise<number> {
  const signals = await listUndecidedSignals(context.sql, { minAgeMs: GRACE_MS });
  return reviveEach(context, signals, ({ id }) => executeAgain(context, id));
}

async function reviveOrders(context: TaskContext): Promise<number> {
  const orders = await listOpenOrders(context.sql, { olderThanMs: GRACE_MS });
  return reviveEach(context, orders, ({ signalId }) => executeAgain(context, signalId));
}

async function reviveMail(context: TaskContext): Promise<number> {
  const { sql, queues, config } = context;
  if (!canMail(config)) return 0;
  return reviveEach(context, await listUnsentMail(sql, MAIL_PATIENCE_MS), ({ id }) =>
    queues.enqueueIfAbsent('send_mail', { outboxId: id }, { id: mailJobId(id) }),
  );
}

const executeAgain = ({ queues }: TaskContext, signalId: number) =>
  queues.enqueueIfAbsent('execute_signal', { signalId }, { id: executionJobId(signalId) });

/** One that cannot be sent on must not keep those behind it from being. */
async function reviveEach<T>(
  { log }: TaskContext,
  items: readonly T[],
  revive: (item: T) => Promise<boolean>,
): Promise<number> {
  let count = 0;
  for (const item of items) {
    try {
      count += Number(await revive(item));
    } catch (error) {
      log.warn({ item, reason: messageOf(error) }, 'could not be sent on');
    }
  }
  return count;
}
