import { z } from 'zod';

/** The queues; a sharded one stands for `SHARDS` queues of one active job each, so a symbol keeps its order. */
export const QUEUES = {
  archive: { sharded: true, slots: 1 },
  inference: { sharded: true, slots: 1 },
  execution: { sharded: false, slots: 1 },
  // Many, for they mostly wait: of each venue some are closed at a time, and one that is slow keeps no other waiting.
  gaps: { sharded: false, slots: 48 },
  history: { sharded: false, slots: 16 },
  training: { sharded: false, slots: 1 },
  reports: { sharded: false, slots: 1 },
  notify: { sharded: false, slots: 2 },
  /** The sweep is not to wait for the archive's upkeep, which may take long. */
  maintenance: { sharded: false, slots: 3 },
} as const satisfies Record<string, { sharded: boolean; slots: number }>;
export type QueueName = keyof typeof QUEUES;
/** Consumed by a pool only while it holds a lease: no other could do anything with what is in it. */
export const LEASED_QUEUES: readonly QueueName[] = ['execution'];
export const QUEUE_NAMES = Object.keys(QUEUES) as QueueName[];

/** States as Celery's clients know them. https://docs.celeryq.dev/en/stable/userguide/tasks.html#task-states */
export const TASK_STATES = [
  'PENDING',
  'STARTED',
  'PROGRESS',
  'RETRY',
  'SUCCESS',
  'FAILURE',
  'REVOKED',
] as const;
export type TaskState = (typeof TASK_STATES)[number];

/** A task as data; its handler lives in `workers/` under the same name. */
export interface TaskDefinition {
  queue: QueueName;
  /** What the task takes: parsed where it is enqueued and again where it runs. */
  payload: z.ZodType;
  /** Whether its states and result are kept in PostgreSQL. Stream batches, thousands a minute, are not. */
  recorded: boolean;
  /** How often it may run in all, when it fails with anything but a RejectError. */
  attempts: number;
  /** First wait of an exponential backoff with jitter. */
  backoffMs: number;
  /** The handler's signal aborts and the attempt fails after so long. */
  timeLimitMs: number;
  /** A schedule of its own, with the payload that each tick gets. `cron` is in UTC. */
  schedule?: { cron: string; payload: unknown } | { everyMs: number; payload: unknown };
}

export const venue = z.string().regex(/^[a-z][a-z0-9:_-]{0,31}$/, 'must be a venue name, such as binance');
export const symbol = z
  .string()
  .max(48)
  .regex(
    /^[A-Za-z0-9]+\/[A-Za-z0-9]+(:[A-Za-z0-9]+(-\d{6})?)?$/,
    'must be a unified symbol, such as BTC/USDT',
  );
/** Integer UTC milliseconds between 2009, when the first coin was mined, and 2100. */
export const timestamp = z.int().min(1_230_768_000_000).max(4_102_444_800_000);
export const day = z.iso.date('must be a day, such as 2026-11-21');
