import type { Redis } from 'ioredis';
import { monotonic } from '../clock.ts';
import type { Candle, Level, Quote, Trade } from '../domain/market.ts';
import { BOOK_LEVELS, BOOK_TTL_MS, bookKey, type LiveBook, pricesKey } from './keys.ts';

const FLUSH_MS = 50;
/** A quiet book is confirmed so often that it never expires while its producer lives. */
const CONFIRM_MS = BOOK_TTL_MS / 3;
/** After so long a standstill the feed first has to see what became of its books. */
const PAUSE_MS = BOOK_TTL_MS;

/** A book that knows whether it is right, such as the feed loop keeps. */
export interface BookSource {
  state: 'connecting' | 'syncing' | 'live' | 'stale';
  ts: number;
  receivedAt: number;
  top(depth: number): { bids: Level[]; asks: Level[] };
}

interface WatchedBook {
  source: BookSource;
  dirty: boolean;
  state: LiveBook['state'];
  writtenAt: number;
}

/**
 * Writes what producers see to the price cache: only the newest of each kind, every 50 ms, in one pipeline.
 * A book that stops being live is written at once. What could not be written is written with the next flush.
 */
export class PriceWriter {
  readonly #redis: Redis;
  readonly #namespace: string;
  readonly #venue: string;
  /** By symbol and kind: only the newest of each counts. */
  readonly #facts = new Map<string, Trade | Quote | Candle>();
  readonly #books = new Map<string, WatchedBook>();
  readonly #timer: NodeJS.Timeout;
  #tickedAt = monotonic();
  #flushing: Promise<void> = Promise.resolve();

  constructor({ redis, namespace, venue }: { redis: Redis; namespace: string; venue: string }) {
    this.#redis = redis;
    this.#namespace = namespace;
    this.#venue = venue;
    this.#timer = setInterval(() => this.#flushInTime(), FLUSH_MS);
  }

  trade(trade: Trade): void {
    this.#facts.set(`${trade.symbol} last`, trade);
  }

  quote(quote: Quote): void {
    this.#facts.set(`${quote.symbol} top`, quote);
  }

  candle(candle: Candle): void {
    this.#facts.set(`${candle.symbol} ${candle.interval}`, candle);
  }

  /** The book of this symbol has changed, or its state has. */
  book(symbol: string, source: BookSource): void {
    const state = source.state === 'live' ? 'live' : 'stale';
    const watched = this.#books.get(symbol);
    if (!watched) this.#books.set(symbol, { source, dirty: true, state, writtenAt: 0 });
    else {
      const broke = watched.state === 'live' && state === 'stale';
      Object.assign(watched, { source, state, dirty: true });
      if (broke) this.#flushSoon();
    }
  }

  /** Writes what is left and, since nobody keeps them from here on, calls every book stale. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    for (const book of this.#books.values()) Object.assign(book, { state: 'stale', dirty: true });
    this.#flushSoon();
    await this.#flushing;
  }

  /** A process that stood still writes nothing in its first moment: what was live before it may not be. */
  #flushInTime() {
    const at = monotonic();
    const stoodMs = at - this.#tickedAt;
    this.#tickedAt = at;
    if (stoodMs < PAUSE_MS) this.#flushSoon();
  }

  #flushSoon() {
    this.#flushing = this.#flushing.then(() => this.#flush());
  }

  async #flush() {
    const facts = [...this.#facts];
    this.#facts.clear();
    const at = monotonic();
    const books = [...this.#books].filter(
      ([, { dirty, writtenAt }]) => dirty || at - writtenAt >= CONFIRM_MS,
    );
    for (const [, book] of books) book.dirty = false;
    if (facts.length + books.length === 0) return;
    const commands = [
      ...facts.map(([, fact]) => ['hset', this.#pricesKey(fact.symbol), ...fieldOf(fact)]),
      ...books.map(([symbol, book]) => this.#setBook(symbol, book)),
    ];
    if (await this.#run(commands)) for (const [, book] of books) book.writtenAt = at;
    else {
      for (const [name, fact] of facts) if (!this.#facts.has(name)) this.#facts.set(name, fact);
      for (const [, book] of books) book.dirty = true;
    }
  }

  /** `false` while Redis is away: unconfirmed books expire by themselves. */
  async #run(commands: string[][]): Promise<boolean> {
    const results = await this.#redis
      .pipeline(commands)
      .exec()
      .catch(() => null);
    return results?.every(([error]) => !error) ?? false;
  }

  #setBook(symbol: string, book: WatchedBook): string[] {
    const key = bookKey(this.#namespace, this.#venue, symbol);
    return ['set', key, JSON.stringify(liveBook(book)), 'PX', String(BOOK_TTL_MS)];
  }

  #pricesKey(symbol: string) {
    return pricesKey(this.#namespace, this.#venue, symbol);
  }
}

function fieldOf(fact: Trade | Quote | Candle): [field: string, json: string] {
  if (fact.type === 'candle') return [`candle:${fact.interval}`, JSON.stringify(fact)];
  if (fact.type === 'trade') {
    const { price, side, ts, receivedAt } = fact;
    return ['last', JSON.stringify({ price, side, ts, receivedAt })];
  }
  const { bid, bidSize, ask, askSize, ts } = fact;
  return ['top', JSON.stringify({ bid, bidSize, ask, askSize, ts })];
}

function liveBook({ source, state }: WatchedBook): LiveBook {
  const { ts, receivedAt } = source;
  return { state, ...source.top(BOOK_LEVELS), ts, receivedAt };
}
