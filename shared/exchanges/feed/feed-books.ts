import { backoffMs, monotonic, sleep } from '../../clock.ts';
import type { BookUpdate } from '../../domain/market.ts';
import { RejectError, RetryError } from '../../errors.ts';
import { Book, type BookCounters } from '../book.ts';
import type { Venue } from '../venue.ts';

export interface FeedBooksOptions {
  venue: Venue;
  /** Of which books are wanted, but for those that were given up. */
  symbols: ReadonlySet<string>;
  left: ReadonlySet<string>;
  /** Fetches a whole book over REST. */
  fetchBook(symbol: string): Promise<BookUpdate>;
  /** Asks the stream for a whole book. */
  resubscribe(symbol: string): void;
  /** A whole book that came over REST was applied. */
  onSnapshot(update: BookUpdate): void;
  /** A book was live and is no longer. */
  onBroken(symbol: string, cause: BrokenBook): void;
}

/** `sequence`: the venue's ids or checksum; `crossed`: its best bid is above its best ask; the rest is said from outside. */
export type BrokenBook = 'sequence' | 'crossed' | 'audit' | 'quiet' | 'pause';

interface Mending {
  stop: AbortController;
  attempts: number;
}

/** A book that breaks again so soon after it was mended is asked for ever more slowly. */
const RELAPSE_MS = 1_000;

/** The books of one connection, and the mending of those that are not right: one symbol at a time, the others live on. */
export class FeedBooks {
  readonly #options: FeedBooksOptions;
  readonly #books = new Map<string, Book>();
  readonly #mending = new Map<string, Mending>();
  readonly #mended = new Map<string, { at: number; attempts: number }>();

  constructor(options: FeedBooksOptions) {
    this.#options = options;
  }

  get(symbol: string): Book | undefined {
    return this.#books.get(symbol);
  }

  /** How many are wanted and not live. */
  get waiting(): number {
    const { symbols, left } = this.#options;
    let waiting = 0;
    for (const symbol of symbols) if (!left.has(symbol) && this.get(symbol)?.state !== 'live') waiting++;
    return waiting;
  }

  /** Whether every book that is live there is live here. */
  areAsLiveAs(others: FeedBooks): boolean {
    return [...this.#options.symbols].every(
      (symbol) => others.get(symbol)?.state !== 'live' || this.get(symbol)?.state === 'live',
    );
  }

  apply(update: BookUpdate): void {
    const { symbol } = update;
    const book = this.#books.get(symbol) ?? new Book(this.#options.venue.book);
    this.#books.set(symbol, book);
    const before = book.state;
    const state = book.apply(update);
    if (state === 'live') {
      if (book.isCrossed) this.distrust(symbol, 'crossed');
      else if (this.#mending.size > 0) this.#isMended(symbol);
      return;
    }
    if (before === 'live') this.#options.onBroken(symbol, 'sequence');
    if (!this.#mending.has(symbol)) void this.#mend(symbol, book);
  }

  /** What is held of this symbol is wrong, or may be: it is stale at once and fetched anew. */
  distrust(symbol: string, cause: BrokenBook): void {
    const book = this.#books.get(symbol);
    if (book?.state !== 'live') return;
    book.disconnect();
    this.#options.onBroken(symbol, cause);
    if (!this.#mending.has(symbol)) void this.#mend(symbol, book);
  }

  /** A new connection begins: its stream brings, or begs, whole books. */
  connected(): void {
    this.#stopMending();
    this.#mended.clear();
  }

  /** The connection is gone: what is held is no longer current. */
  disconnected(): void {
    this.#stopMending();
    for (const book of this.#books.values()) book.disconnect();
  }

  /** The symbol was given up: its book is stale from here on. */
  leave(symbol: string): void {
    this.#isMended(symbol);
    this.#books.get(symbol)?.disconnect();
  }

  /** These take the place of those, which are no longer kept: what was counted there goes on here. */
  succeed(others: FeedBooks): void {
    others.#stopMending();
    for (const [symbol, { counters }] of others.#books) {
      const book = this.#books.get(symbol);
      if (book) addUp(book.counters, counters);
    }
  }

  /** The live books, whole. */
  *wholes(): Generator<BookUpdate> {
    const venue = this.#options.venue.name;
    for (const [symbol, book] of this.#books) if (book.state === 'live') yield book.whole({ venue, symbol });
  }

  #stopMending() {
    for (const { stop } of this.#mending.values()) stop.abort();
    this.#mending.clear();
  }

  #isMended(symbol: string) {
    const mending = this.#mending.get(symbol);
    if (!mending) return;
    mending.stop.abort();
    this.#mending.delete(symbol);
    this.#mended.set(symbol, { at: monotonic(), attempts: mending.attempts });
  }

  async #mend(symbol: string, book: Book) {
    const mending: Mending = { stop: new AbortController(), attempts: this.#relapses(symbol) };
    this.#mending.set(symbol, mending);
    const { signal } = mending.stop;
    if (mending.attempts > 0) await sleep(backoffMs(mending.attempts), signal);
    while (!signal.aborted) {
      const waitMs = await this.#askForBook(symbol, book, mending.attempts++, signal);
      await sleep(waitMs, signal);
    }
  }

  /** How often it was asked for until just now. */
  #relapses(symbol: string): number {
    const last = this.#mended.get(symbol);
    return last && monotonic() - last.at < RELAPSE_MS ? last.attempts : 0;
  }

  /** Asks once; returns how long to wait for the book to be right before asking again. */
  async #askForBook(symbol: string, book: Book, attempt: number, signal: AbortSignal): Promise<number> {
    if (this.#options.venue.book.snapshot === 'stream') return this.#askStream(symbol, book, attempt);
    try {
      const snapshot = await this.#options.fetchBook(symbol);
      if (signal.aborted) return 0;
      if (!book.isTooOld(snapshot)) {
        if (book.apply(snapshot) === 'live') this.#isMended(symbol);
        this.#options.onSnapshot(snapshot);
      }
      return backoffMs(attempt);
    } catch (error) {
      if (error instanceof RetryError)
        return Math.max(error.afterMs ?? 0, backoffMs(attempt, { baseMs: 1_000 }));
      if (error instanceof RejectError) return backoffMs(attempt, { baseMs: 5_000, capMs: 120_000 });
      throw error;
    }
  }

  /** A fresh subscription brings its whole book by itself: ask only for one that broke, or is long in coming. */
  #askStream(symbol: string, book: Book, attempt: number): number {
    if (book.state === 'stale' || attempt > 0) this.#options.resubscribe(symbol);
    return backoffMs(attempt + 2, { baseMs: 2_000, floorMs: 2_000 });
  }
}

function addUp(counters: BookCounters, more: BookCounters) {
  counters.updates += more.updates;
  counters.gaps += more.gaps;
  counters.resyncs += more.resyncs;
  counters.staleBeforeSnapshot += more.staleBeforeSnapshot;
  counters.checksums.ok += more.checksums.ok;
  counters.checksums.bad += more.checksums.bad;
}
