import { setMaxListeners } from 'node:events';
import { type Processor, Worker } from 'bullmq';
import { endsWithin } from '../../shared/clock.ts';
import type { Config } from '../../shared/config.ts';
import { requireSetting } from '../../shared/config.ts';
import { createSql } from '../../shared/db/client.ts';
import { messageOf } from '../../shared/errors.ts';
import type { Releasers } from '../../shared/lifecycle.ts';
import type { Log } from '../../shared/log.ts';
import { createMetrics } from '../../shared/metrics.ts';
import { startHeartbeat } from '../../shared/queue/heartbeat.ts';
import { LockClient } from '../../shared/queue/lock.ts';
import { Queues } from '../../shared/queue/queues.ts';
import { connectBlockingRedis, connectRedis } from '../../shared/queue/redis.ts';
import { LEASED_QUEUES, QUEUES, type QueueName } from '../../shared/tasks/define.ts';
import type { PoolDeps } from '../context.ts';
import { HeldLeases } from './held-leases.ts';
import { keepOneActive } from './one-active.ts';
import { repeat } from './repeat.ts';
import { type Handlers, retryDelay, runTask } from './run-task.ts';
import { keepSchedules } from './schedules.ts';

/** Of the 20 s a process may take to drain, what running tasks get before they are cancelled and tried elsewhere. */
const WARM_SHUTDOWN_MS = 12_000;
/** And what cancelled ones get to put their things in order. */
const COLD_SHUTDOWN_MS = 3_000;
const ONE_ACTIVE_MS = 3_000;
/** A job whose pool died holds up its shard until its lock is seen to be gone; a signal keeps for 15 s. */
const LOCK_MS = 10_000;
const STALLED_CHECK_MS = 1_000;

export interface PoolOptions {
  name: string;
  queues: QueueName[];
  /** Runs before the first task is taken; what it acquires is released after the last one has ended. */
  prepare?: (deps: PoolDeps, releasers: Releasers) => Promise<void>;
}

/**
 * One pool: a process that consumes the named queues with their slots until its releasers close.
 *
 * Stopping is warm (no new tasks, running ones end), then cold: after 12 s what still runs is aborted and goes back
 * to its queue. A job whose holder died is run again by another pool within seconds.
 */
export async function startPool(
  config: Config,
  log: Log,
  releasers: Releasers,
  handlers: Handlers,
  { name, queues: queueNames, prepare }: PoolOptions,
): Promise<PoolDeps> {
  const deps = connect(config, log, releasers, name);
  const { queues, metrics } = deps;
  await keepOneActive(queues, queueNames);
  repeat('one job a shard', ONE_ACTIVE_MS, () => keepOneActive(queues, queueNames), { log, releasers });
  await prepare?.(deps, releasers);

  const load = { busy: 0 };
  const workers = startWorkers(deps, releasers, handlers, name, queueNames, load);
  pauseWithoutLease(deps.leases, workers);
  const physicalNames = workers.map((worker) => worker.name);
  const slots = workers.reduce((sum, worker) => sum + worker.concurrency, 0);
  const heartbeat = startHeartbeat(
    deps.redis,
    config.NAMESPACE,
    { kind: 'pool', name, metrics: metrics.registry },
    () => ({ queues: physicalNames, slots, busy: load.busy }),
  );
  releasers.push('heartbeat', () => heartbeat.stop());
  if (queueNames.includes('maintenance')) keepSchedules(deps, releasers);
  log.info({ queues: physicalNames, slots }, 'pool is ready');
  return deps;
}

type ConnectedDeps = PoolDeps & { leases: HeldLeases };

/** What handlers use. Their Redis waits out a short outage instead of failing a task. */
function connect(config: Config, log: Log, releasers: Releasers, name: string): ConnectedDeps {
  const redisUrl = requireSetting(config, 'REDIS_URL');
  const sql = createSql(requireSetting(config, 'TIMESCALEDB_URL'), { name, max: 8 });
  releasers.push('postgres', () => sql.end({ timeout: 5 }));
  const redis = connectRedis(redisUrl, log, { enableOfflineQueue: true, maxRetriesPerRequest: 20 });
  releasers.push('redis', () => redis.disconnect());
  const queues = new Queues(redis, { prefix: config.NAMESPACE, shards: config.SHARDS });
  releasers.push('queues', () => queues.close());
  return {
    config,
    sql,
    redis,
    queues,
    locks: new LockClient(redis, config.NAMESPACE),
    leases: new HeldLeases(),
    metrics: createMetrics(name),
    log,
  };
}

/** A BullMQ worker for every physical queue; `load` counts what runs. Released warm first, then cold. */
function startWorkers(
  deps: PoolDeps,
  releasers: Releasers,
  handlers: Handlers,
  name: string,
  queueNames: readonly QueueName[],
  load: { busy: number },
): Worker[] {
  const { config, log, queues } = deps;
  const connection = connectBlockingRedis(requireSetting(config, 'REDIS_URL'), log);
  releasers.push('redis for workers', () => connection.disconnect());
  const cold = new AbortController();
  // Every task that runs listens to it.
  setMaxListeners(0, cold.signal);
  const run: Processor = async (job, _token, lockLost) => {
    load.busy++;
    const causes = lockLost ? [cold.signal, lockLost] : [cold.signal];
    return runTask(deps, handlers, name, job, causes).finally(() => load.busy--);
  };
  const workers = queueNames.flatMap((queue) =>
    queues.physicalNames(queue).map((physical) => {
      const worker = new Worker(physical, run, {
        connection,
        prefix: config.NAMESPACE,
        concurrency: QUEUES[queue].slots,
        lockDuration: LOCK_MS,
        stalledInterval: STALLED_CHECK_MS,
        maxStalledCount: 20,
        settings: { backoffStrategy: retryDelay },
      });
      worker.on('error', (error) => log.warn({ queue: physical, reason: messageOf(error) }, 'worker error'));
      worker.on('lockRenewalFailed', (ids) => {
        for (const id of ids) worker.cancelJob(id, 'its lock was lost');
      });
      return worker;
    }),
  );
  releasers.push('workers', () => stopWorkers(workers, cold));
  return workers;
}

async function stopWorkers(workers: readonly Worker[], cold: AbortController): Promise<void> {
  const closing = Promise.all(workers.map((worker) => worker.close()));
  if (await endsWithin(WARM_SHUTDOWN_MS, closing)) return;
  cold.abort();
  if (await endsWithin(COLD_SHUTDOWN_MS, closing)) return;
  await Promise.all(workers.map((worker) => worker.close(true)));
}

function pauseWithoutLease(leases: HeldLeases, workers: readonly Worker[]): void {
  const leased = workers.filter(({ name }) => (LEASED_QUEUES as string[]).includes(name));
  leases.follow((any) => {
    for (const worker of leased) if (!worker.closing) any ? worker.resume() : worker.pause(true);
  });
}
