import { monotonic } from '../shared/clock.ts';
import type { Gap } from '../shared/domain/gap.ts';
import { RetryError } from '../shared/errors.ts';
import type { Log } from '../shared/log.ts';
import type { Metrics } from '../shared/metrics.ts';
import { type Queues, shardKeyOf } from '../shared/queue/queues.ts';
import { slug } from '../shared/slug.ts';
import type { EventBatch } from '../shared/tasks/batch.ts';
import type { Cursors } from './cursors.ts';
import type { Parcel } from './parcel.ts';

const LOOK_EVERY_MS = 100;
/** Batches that wait for a worker; a healthy shard has none. */
const BACKLOG = 8;
/** Gaps that are told again when Redis has lost what it held; the ledger knows those that it has. */
const TOLD_LATELY = 500;

/** How many batches wait on a shard's queue, and when that was looked at. */
interface Backlog {
  jobs: number;
  at: number;
}

/** The producer's side of the queues: what goes onto them, and in which order. */
export class Sender {
  readonly #venue: string;
  readonly #queues: Queues;
  readonly #cursors: Cursors;
  readonly #metrics: Metrics;
  readonly #log: Log;
  readonly #maxJobs: number;
  readonly #toldLately: Gap[] = [];
  readonly #backlogs = new Map<string, Backlog>();
  readonly #onBacklog: (shardKey: string, areBehind: boolean) => void;
  readonly #onLost: () => void;

  constructor(deps: {
    venue: string;
    queues: Queues;
    cursors: Cursors;
    metrics: Metrics;
    log: Log;
    /** Batches that may wait on one shard's queue, so that Redis holds only so much. */
    maxJobs: number;
    onBacklog(shardKey: string, areBehind: boolean): void;
    /** Redis was emptied or set back: what else was on its queues is gone too. */
    onLost(): void;
  }) {
    this.#venue = deps.venue;
    this.#queues = deps.queues;
    this.#cursors = deps.cursors;
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
  async send({ batch, gaps, spans }: Parcel): Promise<void> {
    const shardKey = shardKeyOf({ venue: this.#venue, symbol: batch.symbols[0] as string });
    await this.#expectRoom(shardKey);
    for (const gap of gaps) await this.tell(gap);
    const enqueue = () => this.#queues.enqueue('archive_batch', batch, { shardKey });
    await enqueue();
    await this.#cursors.move(new Map(spans), async (lost) => {
      for (const gap of [...this.#toldLately, ...lost]) await this.tell(gap);
      await enqueue();
      this.#onLost();
    });
    this.#count(batch);
  }

  /** Has a gap written into the ledger and closed, in the order of its symbol's batches. */
  async tell(gap: Gap): Promise<void> {
    const payload = { venue: this.#venue, ...gap };
    const { symbol, cause, noticedAt, from, to } = gap;
    const parts = [this.#venue, symbol, cause, String(noticedAt), from?.id ?? 'start', to?.id ?? 'now'];
    const id = `gap-${parts.map(slug).join('-')}`;
    await this.#queues.enqueue('record_gap', payload, { id, shardKey: shardKeyOf(payload) });
    this.#remember(gap);
    this.#log.info(payload, 'gap');
  }

  #remember(gap: Gap) {
    if (this.#toldLately.includes(gap)) return;
    this.#toldLately.push(gap);
    if (this.#toldLately.length > TOLD_LATELY) this.#toldLately.shift();
  }

  #count({ trades, candles, books, funding, marks }: EventBatch) {
    const counted = { trade: trades, candle: candles, book_snapshot: books, funding, mark: marks };
    for (const [type, columns] of Object.entries(counted)) {
      if (columns) this.#metrics.events.inc({ venue: this.#venue, type }, columns.count);
    }
  }

  async #expectRoom(shardKey: string): Promise<void> {
    const queue = this.#queues.physicalName('archive', shardKey);
    const { jobs } = await this.#lookAt(queue, shardKey);
    if (jobs >= this.#maxJobs) throw new RetryError(`${queue} holds ${jobs} batches: the workers are behind`);
  }

  async #lookAt(queue: string, shardKey: string): Promise<Backlog> {
    const last = this.#backlogs.get(queue);
    const at = monotonic();
    if (last && at - last.at < LOOK_EVERY_MS) return last;
    const { wait = 0, delayed = 0 } = await this.#queues.get(queue).getJobCounts('wait', 'delayed');
    const backlog = { jobs: wait + delayed, at };
    this.#backlogs.set(queue, backlog);
    this.#onBacklog(shardKey, backlog.jobs > BACKLOG);
    return backlog;
  }
}
