import type { Releasers } from '../../shared/lifecycle.ts';
import { jobOptions } from '../../shared/queue/queues.ts';
import { TASK_NAMES, taskDefinition } from '../../shared/tasks/catalogue.ts';
import type { PoolDeps } from '../context.ts';
import { repeat } from './repeat.ts';

/** The sweep must be back while the signals that an emptied Redis lost are fresh. */
const CHECK_MS = 3_000;

/**
 * Keeps the catalogue's timetable in the queues. One pool at a time does it, for concurrent upserts can lose or
 * double ticks; it is repeated so that an emptied Redis gets its timetable back.
 */
export function keepSchedules(deps: PoolDeps, releasers: Releasers): void {
  repeat('schedules', CHECK_MS, () => upsertAll(deps), { log: deps.log, releasers });
}

async function upsertAll(deps: PoolDeps): Promise<void> {
  const lock = await deps.locks.tryAcquire('schedules', 10_000);
  if (!lock) return;
  try {
    for (const name of TASK_NAMES) {
      const { schedule, queue } = taskDefinition(name);
      if (!schedule) continue;
      const scheduler = deps.queues.get(queue);
      const kept = await scheduler.getJobScheduler(name);
      const isKept =
        'cron' in schedule ? kept?.pattern === schedule.cron : Number(kept?.every) === schedule.everyMs;
      if (isKept) continue;
      const repeat = 'cron' in schedule ? { pattern: schedule.cron, tz: 'UTC' } : { every: schedule.everyMs };
      await scheduler.upsertJobScheduler(name, repeat, {
        name,
        data: schedule.payload,
        opts: jobOptions(name),
      });
    }
  } finally {
    // A lock that cannot be given back runs out by itself.
    await lock.release().catch(() => {});
  }
}
