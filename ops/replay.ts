import { randomUUID } from 'node:crypto';
import { Batcher, type Shipment } from '../producers/batcher.ts';
import { FlowMeter, flowOptions } from '../producers/flow-meter.ts';
import { RateKeeper } from '../producers/rate-keeper.ts';
import { monotonic, sleep } from '../shared/clock.ts';
import type { Config } from '../shared/config.ts';
import type { ArchivedFact, ArchivedFlow } from '../shared/db/archived-range.ts';
import { createSql, type Sql } from '../shared/db/client.ts';
import type { MarketRows } from '../shared/db/market.ts';
import { findTradeSums } from '../shared/db/trades.ts';
import type { Funding, Mark, MarketEvent, Trade } from '../shared/domain/market.ts';
import { Book } from '../shared/exchanges/book.ts';
import type { BookRule } from '../shared/exchanges/venue.ts';
import type { Releasers } from '../shared/lifecycle.ts';
import type { Log } from '../shared/log.ts';
import { BOOK_LEVELS } from '../shared/prices/keys.ts';
import { Outcomes } from '../shared/queue/outcomes.ts';
import { Queues } from '../shared/queue/queues.ts';
import { connectBlockingRedis } from '../shared/queue/redis.ts';
import { Pace, type Speed } from './pace.ts';
import type { ReplaySource } from './replay-sources.ts';

/** What a replay came to. `newRows` are those that were not there before; `symbols` what the archive has now. */
export interface ReplayReport {
  frames: number;
  events: number;
  tradesSent: number;
  newRows: MarketRows;
  badFrames: number;
  symbols: Record<string, { rows: number; totalSize: string; firstId: string | null; lastId: string | null }>;
}

const BATCH_EVENTS = 1_000;
const BATCHES_IN_FLIGHT = 8;
const EVENTS_AHEAD = 50_000;
const SAY_EVERY_MS = 1_000;

const NO_RULE: BookRule = { snapshot: 'stream' };
const NO_ROWS: MarketRows = { trades: 0, candles: 0, books: 0, flows: 0, funding: 0, marks: 0 };

type ClusterConfig = Config & { REDIS_URL: string; TIMESCALEDB_URL: string };

/** One source through the queues, with so many batches in flight and no more, to the commit of the last one. */
export class Replay {
  readonly #config: ClusterConfig;
  readonly #source: ReplaySource;
  readonly #queues: Queues;
  readonly #outcomes: Outcomes;
  readonly #sql: Sql;
  readonly #batcher: Batcher;
  readonly #id = randomUUID();
  readonly #inFlight = new Set<Promise<void>>();
  readonly #books = new Map<string, { book: Book; keptAt: number }>();
  readonly #flow: FlowMeter;
  readonly #rates = new RateKeeper();
  readonly #spans = new Map<string, { from: number; to: number }>();
  readonly #newRows: MarketRows = { ...NO_ROWS };
  #batches = 0;
  #events = 0;
  #tradesSent = 0;
  #failure: unknown;
  #saidAt = 0;

  constructor(config: ClusterConfig, source: ReplaySource, log: Log, releasers: Releasers) {
    this.#config = config;
    this.#source = source;
    this.#flow = new FlowMeter(flowOptions(config));
    const redis = connectBlockingRedis(config.REDIS_URL, log);
    releasers.push('redis', () => redis.disconnect());
    this.#sql = createSql(config.TIMESCALEDB_URL, { name: 'replay', max: 1 });
    releasers.push('postgres', () => this.#sql.end({ timeout: 2 }));
    this.#queues = new Queues(redis, { prefix: config.NAMESPACE, shards: config.SHARDS });
    releasers.push('queues', () => this.#queues.close());
    this.#outcomes = new Outcomes(this.#queues, redis, this.#queues.physicalNames('archive'));
    releasers.push('outcomes', () => this.#outcomes.close());
    this.#batcher = new Batcher({
      venue: source.venue,
      source: 'replay',
      shards: config.SHARDS,
      maxEvents: BATCH_EVENTS,
      maxMs: config.BATCH_MAX_MS,
      send: (shipment) => this.#send(shipment),
    });
    releasers.push('batches', () => this.#batcher.drain(0));
  }

  /**
   * @throws {UserError} when the file is no recording
   * @throws {Error} when a batch fails for good
   */
  async run(say: (progress: string) => void, speed: Speed = 'full'): Promise<ReplayReport> {
    await this.#outcomes.ready();
    const source = this.#source;
    const pace = new Pace(speed);
    const tell = () => this.#tell(say);
    this.#saidAt = monotonic();
    for await (const facts of source.facts) {
      for (const fact of facts) {
        if (pace.waitFor(fact.receivedAt) > 0) await pace.reach(fact.receivedAt, tell);
        this.#take(fact);
      }
      while (this.#batcher.events > EVENTS_AHEAD) await this.#pause();
      tell();
    }
    while (this.#batcher.events > 0) await this.#pause();
    say(`${this.#progress()}, waiting for the last commits`);
    await Promise.all(this.#inFlight);
    if (this.#failure) throw this.#failure;
    return {
      frames: source.frames,
      events: this.#events,
      tradesSent: this.#tradesSent,
      newRows: this.#newRows,
      badFrames: source.badFrames,
      symbols: await this.#archived(),
    };
  }

  #tell(say: (progress: string) => void) {
    if (this.#failure) throw this.#failure;
    if (monotonic() - this.#saidAt < SAY_EVERY_MS) return;
    this.#saidAt = monotonic();
    say(this.#progress());
  }

  #progress(): string {
    const { frames } = this.#source;
    return `${frames > 0 ? `${frames} frames read, ` : ''}${this.#tradesSent} trades sent`;
  }

  #take(event: MarketEvent | ArchivedFact) {
    this.#events++;
    if (event.type === 'trade') this.#takeTrade(event);
    else if (event.type === 'candle' && event.closed) this.#batcher.candle(event);
    else if (event.type === 'book') this.#keepBook(event.symbol, event.ts, event);
    else if (event.type === 'funding') this.#keepFunding(event);
    else if (event.type === 'mark') this.#keepMark(event);
    else if (event.type === 'archived_book') this.#batcher.book(event);
    else if (event.type === 'archived_flow') this.#keepArchived(event);
  }

  #takeTrade(trade: Trade) {
    const { symbol, ts } = trade;
    const span = this.#spans.get(symbol);
    if (!span) this.#spans.set(symbol, { from: ts, to: ts });
    else {
      span.from = Math.min(span.from, ts);
      span.to = Math.max(span.to, ts);
    }
    this.#tradesSent++;
    this.#flow.trade(trade);
    this.#batcher.trade(trade);
  }

  #keepFunding(funding: Funding) {
    if (this.#rates.isNewFunding(funding)) this.#batcher.funding(funding);
  }

  #keepMark(mark: Mark) {
    if (this.#rates.isDueMark(mark)) this.#batcher.mark(mark);
  }

  #keepArchived({ type: _, ...flow }: ArchivedFlow) {
    this.#batcher.flow(flow);
  }

  /** The top of the book as often as a producer keeps it, by the exchange's clock. */
  #keepBook(symbol: string, ts: number, update: Parameters<Book['apply']>[0]) {
    const held = this.#books.get(symbol) ?? { book: new Book(this.#source.book ?? NO_RULE), keptAt: 0 };
    this.#books.set(symbol, held);
    const state = held.book.apply(update);
    const flow = this.#flow.book(symbol, held.book);
    if (flow) this.#batcher.flow(flow);
    const isDue = ts - held.keptAt >= this.#config.BOOK_SNAPSHOT_MS;
    if (state !== 'live' || !isDue || update.kind === 'snapshot') return;
    held.keptAt = ts;
    this.#batcher.book({ symbol, ts, receivedAt: update.receivedAt, ...held.book.top(BOOK_LEVELS) });
  }

  async #send(shipment: Shipment): Promise<void> {
    while (this.#inFlight.size >= BATCHES_IN_FLIGHT) await Promise.race(this.#inFlight);
    const batch = shipment.build();
    const shardKey = `${batch.venue}:${batch.symbols[0]}`;
    const id = `replay-${this.#id}-${this.#batches++}`;
    const committed = this.#outcomes
      .of(this.#queues.physicalName('archive', shardKey), id)
      .then((rows) => this.#add(rows as MarketRows | undefined))
      .catch((error: unknown) => {
        this.#failure ??= error;
      })
      .finally(() => this.#inFlight.delete(committed));
    this.#inFlight.add(committed);
    await this.#queues.enqueue('archive_batch', batch, { id, shardKey });
  }

  #add(rows: MarketRows = NO_ROWS) {
    this.#newRows.trades += rows.trades;
    this.#newRows.candles += rows.candles;
    this.#newRows.books += rows.books;
    this.#newRows.flows += rows.flows;
    this.#newRows.funding += rows.funding;
    this.#newRows.marks += rows.marks;
  }

  async #pause() {
    if (this.#failure) throw this.#failure;
    await sleep(5);
  }

  async #archived(): Promise<ReplayReport['symbols']> {
    const entries = [...this.#spans].map(async ([symbol, span]) => [
      symbol,
      await findTradeSums(this.#sql, { venue: this.#source.venue, symbol, ...span }),
    ]);
    return Object.fromEntries(await Promise.all(entries));
  }
}
