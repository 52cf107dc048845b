import { z } from 'zod';
import { GAP_CAUSES } from '../domain/gap.ts';
import { INTERVALS, type Interval } from '../domain/market.ts';
import { RejectError } from '../errors.ts';
import { eventBatch } from './batch.ts';
import { day, symbol, type TaskDefinition, timestamp, venue } from './define.ts';

const interval = z.enum(Object.keys(INTERVALS) as [Interval, ...Interval[]]);
const mark = z.strictObject({ id: z.string().min(1).max(64), ts: timestamp });
const MINUTE = 60_000;
/** Market data waits for the database however long it is away: months, at the longest wait of 30 s. */
const FOR_EVER = 1_000_000;

/**
 * The catalogue: every kind of work in the cluster. Data only; `workers/handlers.ts` must name a handler for each,
 * or it does not compile.
 */
export const TASKS = {
  /** Writes a micro-batch of market events to the archive, then passes closed candles on to `evaluate_candles`. */
  archive_batch: {
    queue: 'archive',
    payload: eventBatch,
    recorded: false,
    attempts: FOR_EVER,
    backoffMs: 200,
    timeLimitMs: MINUTE,
  },
  /** Brings the moving averages of one symbol and interval up to the newest archived candle, and finds signals. */
  evaluate_candles: {
    queue: 'inference',
    payload: z.strictObject({
      venue,
      symbol,
      interval,
      /** Open time of the oldest candle that came; without it, whatever lies shortly before `upTo` may be new. */
      from: timestamp.optional(),
      upTo: timestamp,
      source: eventBatch.shape.source,
    }),
    recorded: false,
    attempts: FOR_EVER,
    backoffMs: 200,
    timeLimitMs: MINUTE,
  },
  /** Lets every autopilot decide on one stored signal. */
  execute_signal: {
    queue: 'execution',
    payload: z.strictObject({ signalId: z.int().positive() }),
    recorded: false,
    attempts: 1_000,
    backoffMs: 250,
    timeLimitMs: 30_000,
  },
  /** Brings candles of a symbol from the venue's REST history into the archive. */
  bootstrap: {
    queue: 'history',
    payload: z.strictObject({ venue, symbol, interval, from: timestamp, to: timestamp }),
    recorded: true,
    attempts: 8,
    backoffMs: 1_000,
    timeLimitMs: 30 * MINUTE,
  },
  /** Writes a gap into the ledger, in the order of its symbol's batches, and has it closed. */
  record_gap: {
    queue: 'archive',
    payload: z.strictObject({
      venue,
      symbol,
      cause: z.enum(GAP_CAUSES),
      detail: z.string().max(300),
      noticedAt: timestamp,
      from: mark.optional(),
      to: mark.optional(),
    }),
    recorded: false,
    attempts: FOR_EVER,
    backoffMs: 200,
    timeLimitMs: MINUTE,
  },
  /** Fetches what a gap of the ledger lacks; one that can't be closed now is tried again later. */
  close_gap: {
    queue: 'gaps',
    payload: z.strictObject({ gapId: z.int().positive() }),
    recorded: true,
    attempts: 4,
    backoffMs: 500,
    timeLimitMs: 30 * MINUTE,
  },
  /** Has open gaps closed whose time to be tried again has come. */
  retry_gaps: {
    queue: 'maintenance',
    payload: z.strictObject({}),
    recorded: false,
    attempts: 1,
    backoffMs: 1_000,
    timeLimitMs: MINUTE,
    schedule: { everyMs: 5_000, payload: {} },
  },
  /** Trains a model on the archive, after bootstrapping the candles that are missing. */
  train_model: {
    queue: 'training',
    payload: z.strictObject({ venue, symbol, interval, candles: z.int().min(300).max(200_000) }),
    recorded: true,
    attempts: 3,
    backoffMs: 2_000,
    timeLimitMs: 30 * MINUTE,
  },
  /** Makes the report of one UTC day; without a day, of the day that ended last. */
  generate_report: {
    queue: 'reports',
    payload: z.strictObject({ day: day.optional() }),
    recorded: true,
    attempts: 3,
    backoffMs: 5_000,
    timeLimitMs: 5 * MINUTE,
    schedule: { cron: '5 0 * * *', payload: {} },
  },
  /** Sends one waiting mail of the outbox. */
  send_mail: {
    queue: 'notify',
    payload: z.strictObject({ outboxId: z.int().positive() }),
    recorded: false,
    attempts: 12,
    backoffMs: 2_000,
    timeLimitMs: MINUTE,
  },
  /** Keeps frames that no adapter could read, for people to look at. */
  keep_bad_frames: {
    queue: 'maintenance',
    payload: z.strictObject({
      venue,
      frames: z
        .array(
          z.strictObject({
            receivedAt: timestamp,
            reason: z.string().max(300),
            bytes: z.int().min(0),
            head: z.string().max(2_000),
            digest: z.string().max(64),
          }),
        )
        .max(500),
    }),
    recorded: false,
    attempts: 20,
    backoffMs: 500,
    timeLimitMs: MINUTE,
  },
  /** Builds the candles of minutes that got trades since the last time, however late, and of all longer intervals. */
  build_candles: {
    queue: 'maintenance',
    payload: z.strictObject({}),
    recorded: false,
    attempts: 1,
    backoffMs: 1_000,
    timeLimitMs: 30 * MINUTE,
    schedule: { everyMs: 15_000, payload: {} },
  },
  /** Partitions made ahead, old chunks compressed, what is older than its retention setting dropped. */
  keep_archive: {
    queue: 'maintenance',
    payload: z.strictObject({}),
    recorded: true,
    attempts: 3,
    backoffMs: MINUTE,
    timeLimitMs: 120 * MINUTE,
    schedule: { cron: '17 * * * *', payload: {} },
  },
  /** Compares the candles that the venues published with those of our own trades; without times, of the day that ended last. */
  compare_candles: {
    queue: 'maintenance',
    payload: z.strictObject({ from: timestamp.optional(), to: timestamp.optional() }),
    recorded: true,
    attempts: 3,
    backoffMs: MINUTE,
    timeLimitMs: 30 * MINUTE,
    schedule: { cron: '35 0 * * *', payload: {} },
  },
  /** Finds what fell between two stones (a crash after a commit, an emptied Redis) and sends it on its way again. */
  sweep: {
    queue: 'maintenance',
    payload: z.strictObject({}),
    recorded: false,
    attempts: 1,
    backoffMs: 1_000,
    timeLimitMs: MINUTE,
    schedule: { everyMs: 5_000, payload: {} },
  },
} as const satisfies Record<string, TaskDefinition>;

export type TaskName = keyof typeof TASKS;
export type Payload<N extends TaskName> = z.output<(typeof TASKS)[N]['payload']>;
export const TASK_NAMES = Object.keys(TASKS) as TaskName[];
export const isTaskName = (text: string): text is TaskName => Object.hasOwn(TASKS, text);

/** The definition without its literal types, for code that treats all tasks alike. */
export const taskDefinition = (name: TaskName): TaskDefinition => TASKS[name];

/**
 * The payload as the catalogue has it, for both ends of a queue.
 * @throws {RejectError} naming the task and the field
 */
export function parsePayload<N extends TaskName>(name: N, payload: unknown): Payload<N> {
  const parsed = taskDefinition(name).payload.safeParse(payload);
  if (parsed.success) return parsed.data as Payload<N>;
  const issue = parsed.error.issues[0];
  const field = issue?.path.join('.') || 'payload';
  throw new RejectError(`${name}: ${field}: ${issue?.message}`, field);
}
