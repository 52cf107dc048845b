import { randomUUID } from 'node:crypto';
import { Batcher, type Shipment } from '../producers/batcher.ts';
import { monotonic, sleep } from '../shared/clock.ts';
import type { Config } from '../shared/config.ts';
import { createSql, type Sql } from '../shared/db/client.ts';
import type { MarketRows } from '../shared/db/market.ts';
import { findTradeSums } from '../shared/db/trades.ts';
import type { MarketEvent, Trade } from '../shared/domain/market.ts';
import { Book } from '../shared/exchanges/book.ts';
import type { Venue } from '../shared/exchanges/venue.ts';
import type { Releasers } from '../shared/lifecycle.ts';
import type { Log } from '../shared/log.ts';
import { BOOK_LEVELS } from '../shared/prices/keys.ts';
import { Outcomes } from '../shared/queue/outcomes.ts';
import { Queues } from '../shared/queue/queues.ts';
import { connectBlockingRedis } from '../shared/queue/redis.ts';
import { Pace, type Speed } from './pace.ts';
import { Problems, readEvents } from './recording.ts';

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

type ClusterConfig = Config & { REDIS_URL: string; TIMESCALEDB_URL: string };

/** One recording through the queues, with so many batches in flight and no more, to the commit of the last one. */
export class Replay {
  readonly #config: ClusterConfig;
  readonly #venue: Venue;
  readonly #queues: Queues;
  readonly #outcomes: Outcomes;
  readonly #sql: Sql;
  readonly #batcher: Batcher;
  readonly #id = randomUUID();
  readonly #inFlight = new Set<Promise<void>>();
  readonly #books = new Map<string, { book: Book; keptAt: number }>();
  readonly #spans = new Map<string, { from: number; to: number }>();
  readonly #newRows: MarketRows = { trades: 0, candles: 0, books: 0 };
  #batches = 0;
  #events = 0;
  #tradesSent = 0;
  #failure: unknown;
  #saidAt = 0;

  constructor(config: ClusterConfig, venue: Venue, log: Log, releasers: Releasers) {
    this.#config = config;
    this.#venue = venue;
    const redis = connectBlockingRedis(config.REDIS_URL, log);
    releasers.push('redis', () => redis.disconnect());
    this.#sql = createSql(config.TIMESCALEDB_URL, { name: 'replay', max: 1 });
    releasers.push('postgres', () => this.#sql.end({ timeout: 2 }));
    this.#queues = new Queues(redis, { prefix: config.NAMESPACE, shards: config.SHARDS });
    releasers.push('queues', () => this.#queues.close());
    this.#outcomes = new Outcomes(this.#queues, redis, this.#queues.physicalNames('archive'));
    releasers.push('outcomes', () => this.#outcomes.close());
    this.#batcher = new Batcher({
      venue: venue.name,
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
  async run(
    file: string | undefined,
    say: (progress: string) => void,
    speed: Speed = 'full',
  ): Promise<ReplayReport> {
    await this.#outcomes.ready();
    const problems = new Problems();
    const pace = new Pace(speed);
    const tell = () => this.#tell(say, problems);
    this.#saidAt = monotonic();
    for await (const events of readEvents(file, this.#venue, problems)) {
      for (const event of events) {
        if (pace.waitFor(event.receivedAt) > 0) await pace.reach(event.receivedAt, tell);
        this.#take(event);
      }
      while (this.#batcher.events > EVENTS_AHEAD) await this.#pause();
      tell();
    }
    while (this.#batcher.events > 0) await this.#pause();
    say(`${problems.frames} frames read, ${this.#tradesSent} trades sent, waiting for the last commits`);
    await Promise.all(this.#inFlight);
    if (this.#failure) throw this.#failure;
    return {
      frames: problems.frames,
      events: this.#events,
      tradesSent: this.#tradesSent,
      newRows: this.#newRows,
      badFrames: problems.count,
      symbols: await this.#archived(),
    };
  }

  #tell(say: (progress: string) => void, problems: Problems) {
    if (this.#failure) throw this.#failure;
    if (monotonic() - this.#saidAt < SAY_EVERY_MS) return;
    this.#saidAt = monotonic();
    say(`${problems.frames} frames read, ${this.#tradesSent} trades sent`);
  }

  #take(event: MarketEvent) {
    this.#events++;
    if (event.type === 'trade') this.#takeTrade(event);
    else if (event.type === 'candle' && event.closed) this.#batcher.candle(event);
    else if (event.type === 'book') this.#keepBook(event.symbol, event.ts, event);
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
    this.#batcher.trade(trade);
  }

  /** The top of the book as often as a producer keeps it, by the exchange's clock. */
  #keepBook(symbol: string, ts: number, update: Parameters<Book['apply']>[0]) {
    const held = this.#books.get(symbol) ?? { book: new Book(this.#venue.book), keptAt: 0 };
    this.#books.set(symbol, held);
    const isDue = ts - held.keptAt >= this.#config.BOOK_SNAPSHOT_MS;
    if (held.book.apply(update) !== 'live' || !isDue || update.kind === 'snapshot') return;
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

  #add(rows: MarketRows = { trades: 0, candles: 0, books: 0 }) {
    this.#newRows.trades += rows.trades;
    this.#newRows.candles += rows.candles;
    this.#newRows.books += rows.books;
  }

  async #pause() {
    if (this.#failure) throw this.#failure;
    await sleep(5);
  }

  async #archived(): Promise<ReplayReport['symbols']> {
    const entries = [...this.#spans].map(async ([symbol, span]) => [
      symbol,
      await findTradeSums(this.#sql, { venue: this.#venue.name, symbol, ...span }),
    ]);
    return Object.fromEntries(await Promise.all(entries));
  }
}
