import { createHash } from 'node:crypto';
import { monotonic } from '../shared/clock.ts';
import { messageOf } from '../shared/errors.ts';
import type { Log } from '../shared/log.ts';
import type { Metrics } from '../shared/metrics.ts';
import { type Queues, shardKeyOf } from '../shared/queue/queues.ts';
import type { EventBatch } from '../shared/tasks/batch.ts';
import type { Shipment } from './batcher.ts';
import type { Continuity, Gap } from './continuity.ts';

const LOOK_EVERY_MS = 100;
/** Batches that wait for a worker; a healthy shard has none. */
const BACKLOG = 8;

/** The producer's side of the queues: what goes onto them, and in which order. */
export class Sender {
  readonly #venue: string;
  readonly #queues: Queues;
  readonly #continuity: Continuity;
  readonly #metrics: Metrics;
  readonly #log: Log;
  readonly #lookedAt: number[] = [];
  readonly #onBacklog: (shard: number, pressed: boolean) => void;
  readonly #onLost: () => void;

  constructor(deps: {
    venue: string;
    queues: Queues;
    continuity: Continuity;
    metrics: Metrics;
    log: Log;
    onBacklog(shard: number, pressed: boolean): void;
    /** Redis was emptied or set back: what else was on its queues is gone too. */
    onLost(): void;
  }) {
    this.#venue = deps.venue;
    this.#queues = deps.queues;
    this.#continuity = deps.continuity;
    this.#metrics = deps.metrics;
    this.#log = deps.log;
    this.#onBacklog = deps.onBacklog;
    this.#onLost = deps.onLost;
  }

  /**
   * Gaps first, then the batch, then the cursors: a crash in between asks for too much, never for too little.
   * Doing it twice does no harm, for the archive knows every row by its natural key.
   */
  async send(shipment: Shipment, shard: number): Promise<void> {
    for (const gap of shipment.gaps) await this.#askForTrades(gap);
    const batch = shipment.build();
    const shardKey = shardKeyOf({ venue: this.#venue, symbol: batch.symbols[0] as string });
    await this.#queues.enqueue('archive_batch', batch, { shardKey });
    await this.#continuity.advance(shipment.cursors, async (gap) => {
      await this.#askForTrades(gap);
      this.#onLost();
    });
    this.#count(batch);
    await this.#lookAtBacklog(shard, this.#queues.physicalName('archive', shardKey));
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

  async #lookAtBacklog(shard: number, queue: string): Promise<void> {
    const at = monotonic();
    if (at - (this.#lookedAt[shard] ?? -LOOK_EVERY_MS) < LOOK_EVERY_MS) return;
    this.#lookedAt[shard] = at;
    try {
      this.#onBacklog(shard, (await this.#queues.get(queue).getWaitingCount()) > BACKLOG);
    } catch (error) {
      this.#log.debug({ reason: messageOf(error) }, 'backlog not known');
    }
  }
}

/** Fit for a job id, and different for different texts: `BTC/USDT:USDT` → `BTC-USDT-USDT-1f2e3d`. */
export const slug = (text: string): string =>
  /^[A-Za-z0-9]+$/.test(text)
    ? text
    : `${text.replaceAll(/[^A-Za-z0-9]+/g, '-')}-${createHash('sha1').update(text).digest('hex').slice(0, 6)}`;
