import type { Redis } from 'ioredis';
import type { Config } from '../shared/config.ts';
import type { Sql } from '../shared/db/client.ts';
import type { HeldLease } from '../shared/db/leases.ts';
import type { Log } from '../shared/log.ts';
import type { Metrics } from '../shared/metrics.ts';
import type { LockClient } from '../shared/queue/lock.ts';
import type { Queues } from '../shared/queue/queues.ts';
import type { Payload, TaskName } from '../shared/tasks/catalogue.ts';

/** What one pool process holds and every handler may use. */
export interface PoolDeps {
  config: Config;
  sql: Sql;
  redis: Redis;
  queues: Queues;
  locks: LockClient;
  /** Leases that this process holds, by key. */
  leases: Map<string, HeldLease>;
  metrics: Metrics;
  log: Log;
}

/** What a handler gets beside its payload. */
export interface TaskContext extends PoolDeps {
  /** Id of this task; the same at every attempt. */
  id: string;
  /** 1 at the first attempt. */
  attempt: number;
  /** Name of the pool. */
  worker: string;
  /** Aborts at the time limit, when the job's lock is lost, and when the pool must stop at once. */
  signal: AbortSignal;
  /** Says how far it is; kept with the task and shown live. Ignored for tasks that are not recorded. */
  progress(done: number, total: number, note: string): Promise<void>;
}

/** A handler may run twice for one task: its effects must be the same as if it had run once. */
export type Handler<N extends TaskName> = (payload: Payload<N>, context: TaskContext) => Promise<unknown>;
