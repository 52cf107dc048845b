import type { Gap } from '../shared/domain/gap.ts';
import type { Candle, Funding, Mark, Trade } from '../shared/domain/market.ts';
import type { OrderFlow } from '../shared/domain/order-flow.ts';
import { shardKeyOf, shardOf } from '../shared/queue/queues.ts';
import type { EventBatch } from '../shared/tasks/batch.ts';
import { type BookTop, Columns } from '../shared/tasks/columns.ts';
import { Lane } from './lane.ts';
import type { Parcel, Span } from './parcel.ts';

/** A parcel that is being filled. */
export class Shipment extends Columns {
  readonly gaps: Gap[] = [];
  readonly #spans = new Map<string, { first: Trade; last: Trade }>();

  override trade(trade: Trade): void {
    super.trade(trade);
    const span = this.#spans.get(trade.symbol);
    if (span) span.last = trade;
    else this.#spans.set(trade.symbol, { first: trade, last: trade });
  }

  seal(): Parcel {
    const spans = [...this.#spans].map(([symbol, { first, last }]): [string, Span] => [
      symbol,
      { first: { id: first.id, ts: first.ts }, last: { id: last.id, ts: last.ts } },
    ]);
    return { batch: this.build(), gaps: this.gaps, spans };
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

  /** `gaps`: what may be missing just before this trade. */
  trade(trade: Trade, gaps: readonly Gap[] = []): void {
    const lane = this.#lane(trade.symbol);
    const shipment = lane.open;
    shipment.trade(trade);
    if (gaps.length > 0) shipment.gaps.push(...gaps);
    lane.added();
  }

  funding(funding: Funding): void {
    const lane = this.#lane(funding.symbol);
    lane.open.funding(funding);
    lane.added();
  }

  mark(mark: Mark): void {
    const lane = this.#lane(mark.symbol);
    lane.open.mark(mark);
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

  /** Whether the workers of a shard key's lane are behind. */
  press(shardKey: string, areBehind: boolean): void {
    this.lanes[shardOf(shardKey, this.lanes.length)]?.press(areBehind);
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
