import { monotonic } from '../shared/clock.ts';
import { RetryError } from '../shared/errors.ts';
import type { Log } from '../shared/log.ts';
import type { Metrics } from '../shared/metrics.ts';
import { type Queues, shardKeyOf } from '../shared/queue/queues.ts';
import { slug } from '../shared/slug.ts';
import type { EventBatch } from '../shared/tasks/batch.ts';
import type { Continuity, Gap } from './continuity.ts';
import type { Parcel } from './parcel.ts';

const LOOK_EVERY_MS = 100;
/** Batches that wait for a worker; a healthy shard has none. */
const BACKLOG = 8;

/** How many batches wait on a shard's queue, and when that was looked at. */
interface Backlog {
  jobs: number;
  at: number;
}

/** The producer's side of the queues: what goes onto them, and in which order. */
export class Sender {
  readonly #venue: string;
  readonly #queues: Queues;
  readonly #continuity: Continuity;
  readonly #metrics: Metrics;
  readonly #log: Log;
  readonly #maxJobs: number;
  readonly #backlogs = new Map<string, Backlog>();
  readonly #onBacklog: (shardKey: string, pressed: boolean) => void;
  readonly #onLost: () => void;

  constructor(deps: {
    venue: string;
    queues: Queues;
    continuity: Continuity;
    metrics: Metrics;
    log: Log;
    /** Batches that may wait on one shard's queue, so that Redis holds only so much. */
    maxJobs: number;
    onBacklog(shardKey: string, pressed: boolean): void;
    /** Redis was emptied or set back: what else was on its queues is gone too. */
    onLost(): void;
  }) {
    this.#venue = deps.venue;
    this.#queues = deps.queues;
    this.#continuity = deps.continuity;
    this.#metrics = deps.metrics;
    this.#log = deps.log;
    this.#maxJobs = deps.maxJobs;
    this.#onBacklog = deps.onBacklog;
    this.#onLost = deps.onLost;
  }

  /**
   * Gaps first, then the batch, then the cursors: a crash in between asks for too much, never for too little.
   * Doing it twice does no harm, for the archive knows every row by its natural key.
   * @throws {RetryError} when the shard's queue is full
   */
  async send({ batch, gaps, cursors }: Parcel): Promise<void> {
    const shardKey = shardKeyOf({ venue: this.#venue, symbol: batch.symbols[0] as string });
    await this.#expectRoom(shardKey);
    for (const gap of gaps) await this.#askForTrades(gap);
    await this.#queues.enqueue('archive_batch', batch, { shardKey });
    await this.#continuity.advance(new Map(cursors), async (gap) => {
      await this.#askForTrades(gap);
      this.#onLost();
    });
    this.#count(batch);
  }

  async #askForTrades({ symbol, fromId, toId, cause }: Gap): Promise<void> {
    const id = `backfill-${slug(this.#venue)}-${slug(symbol)}-${fromId}-${toId}`;
    const payload = { venue: this.#venue, symbol, fromId, toId, cause };
    await this.#queues.enqueue('backfill_trades', payload, { id });
    this.#log.info(payload, 'asked for missing trades');
  }

  #count({ trades, candles, books }: EventBatch) {
    for (const [type, columns] of Object.entries({ trade: trades, candle: candles, book_snapshot: books })) {
      if (columns) this.#metrics.events.inc({ venue: this.#venue, type }, columns.count);
    }
  }

  async #expectRoom(shardKey: string): Promise<void> {
    const queue = this.#queues.physicalName('archive', shardKey);
    const { jobs } = await this.#lookAt(queue);
    this.#onBacklog(shardKey, jobs > BACKLOG);
    if (jobs >= this.#maxJobs) throw new RetryError(`${queue} holds ${jobs} batches: the workers are behind`);
  }

  async #lookAt(queue: string): Promise<Backlog> {
    const last = this.#backlogs.get(queue);
    const at = monotonic();
    if (last && at - last.at < LOOK_EVERY_MS) return last;
    const { wait = 0, delayed = 0 } = await this.#queues.get(queue).getJobCounts('wait', 'delayed');
    const backlog = { jobs: wait + delayed, at };
    this.#backlogs.set(queue, backlog);
    return backlog;
  }
}
