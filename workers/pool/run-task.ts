import { type Job, UnrecoverableError } from 'bullmq';
import { backoffMs, monotonic } from '../../shared/clock.ts';
import { saveOutcome, saveProgress, saveStarted } from '../../shared/db/tasks.ts';
import { messageOf, RejectError, RetryError } from '../../shared/errors.ts';
import { publishLive } from '../../shared/queue/live.ts';
import { isTaskName, parsePayload, type TaskName, taskDefinition } from '../../shared/tasks/catalogue.ts';
import type { TaskState } from '../../shared/tasks/define.ts';
import type { Handler, PoolDeps, TaskContext } from '../context.ts';
import { TaskLimit } from './task-limit.ts';

export type Handlers = { [N in TaskName]: Handler<N> };

/**
 * The life of one delivery: parse, record STARTED, run under a time limit, record the outcome.
 *
 * A RejectError ends the task at once; anything else is tried again while attempts are left. A task that has
 * succeeded already, delivered again, returns its kept result and runs nothing.
 */
export async function runTask(
  deps: PoolDeps,
  handlers: Handlers,
  worker: string,
  job: Job,
  causes: readonly AbortSignal[],
): Promise<unknown> {
  const name = job.name;
  if (!isTaskName(name)) throw new UnrecoverableError(`no such task in the catalogue: ${name}`);
  const definition = taskDefinition(name);
  const id = job.id ?? '';
  const startedAt = monotonic();
  const limit = new TaskLimit(definition.timeLimitMs, causes);
  const say = (state: TaskState, progress: unknown = null) =>
    definition.recorded
      ? publishLive(deps.redis, deps.config.NAMESPACE, [{ type: 'task', id, name, state, progress }])
      : undefined;

  const context: TaskContext = {
    ...deps,
    log: deps.log.child({ task: name, id }),
    id,
    attempt: job.attemptsStarted,
    worker,
    signal: limit.signal,
    async progress(done, total, note) {
      if (!definition.recorded) return;
      await saveProgress(deps.sql, id, { done, total, note });
      await say('PROGRESS', { done, total, note });
    },
  };

  try {
    const payload = parsePayload(name, job.data);
    if (definition.recorded) {
      const row = await saveStarted(deps.sql, { id, name, queue: definition.queue, payload, worker });
      if (row.state === 'SUCCESS') return row.result;
      if (row.state === 'REVOKED') throw new RejectError('revoked');
      await say('STARTED');
    }
    const handler = handlers[name] as Handler<typeof name>;
    const work = () => handler(payload, context);
    const result = await untilEnded(work, limit, definition.timeLimitMs);
    if (definition.recorded) await saveOutcome(deps.sql, id, { state: 'SUCCESS', result });
    await finish('SUCCESS');
    return result;
  } catch (error) {
    const last = error instanceof RejectError || job.attemptsStarted >= definition.attempts;
    const state = last ? 'FAILURE' : 'RETRY';
    context.log.warn({ reason: messageOf(error), attempt: job.attemptsStarted, state }, 'task failed');
    if (definition.recorded) {
      // Where the database is away the row stays unfinished, and the sweep takes it up again.
      await saveOutcome(deps.sql, id, { state, error: messageOf(error) }).catch(() => {});
    }
    await finish(state);
    throw last ? new UnrecoverableError(messageOf(error)) : error;
  } finally {
    limit.release();
  }

  async function finish(state: TaskState) {
    deps.metrics.tasks.inc({ task: name, state });
    deps.metrics.taskSeconds.observe({ task: name as string }, (monotonic() - startedAt) / 1000);
    await say(state);
  }
}

/** Exponential backoff with jitter from the catalogue's first wait, or what the other side asked for. */
export function retryDelay(
  attemptsMade: number,
  _type: string | undefined,
  error: Error | undefined,
  job?: { name: string },
): number {
  if (error instanceof RetryError && error.afterMs !== undefined) return error.afterMs;
  const baseMs = job && isTaskName(job.name) ? taskDefinition(job.name).backoffMs : 500;
  return backoffMs(attemptsMade - 1, { baseMs, capMs: Math.max(30_000, baseMs), floorMs: baseMs / 2 });
}

async function untilEnded<T>(work: () => Promise<T>, limit: TaskLimit, limitMs: number): Promise<T> {
  const { signal } = limit;
  let onAbort = () => {};
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () =>
      reject(
        new RetryError(
          limit.isTimeUp ? `time limit of ${limitMs} ms reached` : 'interrupted: the pool is stopping',
        ),
      );
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    // The work of a task that was aborted before it began is not begun: nobody would hear of its failure.
    return await Promise.race(signal.aborted ? [aborted] : [work(), aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
