import type { Candle, Trade } from '../shared/domain/market.ts';
import type { OrderFlow } from '../shared/domain/order-flow.ts';
import { shardKeyOf, shardOf } from '../shared/queue/queues.ts';
import type { EventBatch } from '../shared/tasks/batch.ts';
import { type BookTop, Columns } from '../shared/tasks/columns.ts';
import type { Gap } from './continuity.ts';
import { Lane } from './lane.ts';
import type { Parcel } from './parcel.ts';

/** A parcel that is being filled. */
export class Shipment extends Columns {
  readonly gaps: Gap[] = [];
  /** Symbol → last trade id of the batch. */
  readonly cursors = new Map<string, string>();

  seal(): Parcel {
    return { batch: this.build(), gaps: this.gaps, cursors: [...this.cursors] };
  }
}

export interface BatcherOptions {
  venue: string;
  source: EventBatch['source'];
  shards: number;
  maxEvents: number;
  maxMs: number;
  /** Takes one shipment of a shard; a rejection is tried again, in order, until it is taken. */
  send(shipment: Shipment): Promise<void>;
  onTrouble?(error: unknown): void;
  onRecovered?(): void;
}

/**
 * Micro-batches by count and by time, a lane for each shard: the order within a symbol is kept, symbols of different
 * shards do not wait for each other.
 */
export class Batcher {
  readonly lanes: readonly Lane<Shipment>[];
  readonly #venue: string;
  readonly #laneOf = new Map<string, Lane<Shipment>>();

  constructor(options: BatcherOptions) {
    const { venue, source, shards, maxEvents, maxMs } = options;
    this.#venue = venue;
    this.lanes = Array.from(
      { length: shards },
      () =>
        new Lane<Shipment>({
          create: () => new Shipment(venue, source),
          send: (shipment) => options.send(shipment),
          onTrouble: options.onTrouble ?? (() => {}),
          onRecovered: options.onRecovered ?? (() => {}),
          maxEvents,
          maxMs,
        }),
    );
  }

  /** Events that are not on a queue yet. */
  get events(): number {
    return this.lanes.reduce((sum, { events }) => sum + events, 0);
  }

  /** `gap`: what is missing just before this trade. */
  trade(trade: Trade, gap?: Gap): void {
    const lane = this.#lane(trade.symbol);
    const shipment = lane.open;
    shipment.trade(trade);
    if (gap) shipment.gaps.push(gap);
    shipment.cursors.set(trade.symbol, trade.id);
    lane.added();
  }

  candle(candle: Candle): void {
    const lane = this.#lane(candle.symbol);
    lane.open.candle(candle);
    lane.added();
  }

  book(book: BookTop): void {
    const lane = this.#lane(book.symbol);
    lane.open.book(book);
    lane.added();
  }

  flow(flow: OrderFlow): void {
    const lane = this.#lane(flow.symbol);
    lane.open.flow(flow);
    lane.added();
  }

  /** The lane of a shard key is to fill its batches more, or no longer. */
  press(shardKey: string, pressed: boolean): void {
    const lane = this.lanes[shardOf(shardKey, this.lanes.length)];
    if (lane) lane.pressed = pressed;
  }

  /** Sends everything, but takes no longer than `limitMs`; resolves to how many events are left. */
  async drain(limitMs: number): Promise<number> {
    const left = await Promise.all(this.lanes.map((lane) => lane.drain(limitMs)));
    return left.reduce((sum, events) => sum + events, 0);
  }

  #lane(symbol: string): Lane<Shipment> {
    let lane = this.#laneOf.get(symbol);
    if (!lane) {
      const shard = shardOf(shardKeyOf({ venue: this.#venue, symbol }), this.lanes.length);
      lane = this.lanes[shard] as Lane<Shipment>;
      this.#laneOf.set(symbol, lane);
    }
    return lane;
  }
}
