import { backoffMs, sleep } from '../clock.ts';
import type { BookUpdate } from '../domain/market.ts';
import { RejectError, RetryError } from '../errors.ts';
import { Book } from './book.ts';
import type { Venue } from './venue.ts';

export interface FeedBooksOptions {
  venue: Venue;
  /** Of which books are wanted. */
  symbols: ReadonlySet<string>;
  /** Fetches a whole book over REST, one of `waiting`. */
  fetchBook(symbol: string, waiting: number): Promise<BookUpdate>;
  /** Asks the stream for a whole book. */
  resubscribe(symbol: string): void;
  /** A whole book that came over REST was applied. */
  onSnapshot(update: BookUpdate): void;
}

/** The books of one feed, and the mending of those that are not right: one symbol at a time, the others live on. */
export class FeedBooks {
  readonly #options: FeedBooksOptions;
  readonly #books = new Map<string, Book>();
  readonly #mending = new Map<string, AbortController>();

  constructor(options: FeedBooksOptions) {
    this.#options = options;
  }

  get(symbol: string): Book | undefined {
    return this.#books.get(symbol);
  }

  apply(update: BookUpdate): void {
    const { symbol } = update;
    const book = this.#books.get(symbol) ?? new Book(this.#options.venue.book);
    this.#books.set(symbol, book);
    const state = book.apply(update);
    if (state === 'live') this.#mended(symbol);
    else if (!this.#mending.has(symbol)) void this.#mend(symbol, book);
  }

  /** A new connection of these symbols begins: its stream brings, or begs, whole books. */
  connected(symbols: ReadonlySet<string>): void {
    for (const symbol of symbols) this.#mended(symbol);
  }

  /** Their connection is gone: what they hold is no longer current. */
  disconnected(symbols: ReadonlySet<string>): void {
    for (const symbol of symbols) {
      this.#mended(symbol);
      this.#books.get(symbol)?.disconnect();
    }
  }

  close(): void {
    for (const symbol of this.#mending.keys()) this.#mended(symbol);
  }

  #waiting(): number {
    let live = 0;
    for (const { state } of this.#books.values()) if (state === 'live') live++;
    return this.#options.symbols.size - live;
  }

  #mended(symbol: string) {
    this.#mending.get(symbol)?.abort();
    this.#mending.delete(symbol);
  }

  async #mend(symbol: string, book: Book) {
    const stop = new AbortController();
    this.#mending.set(symbol, stop);
    for (let attempt = 0; !stop.signal.aborted; attempt++) {
      const waitMs = await this.#askForBook(symbol, book, attempt, stop.signal);
      await sleep(waitMs, stop.signal);
    }
  }

  /** Asks once; returns how long to wait for the book to be right before asking again. */
  async #askForBook(symbol: string, book: Book, attempt: number, signal: AbortSignal): Promise<number> {
    if (this.#options.venue.book.snapshot === 'stream') return this.#askStream(symbol, book, attempt);
    try {
      const snapshot = await this.#options.fetchBook(symbol, this.#waiting());
      if (signal.aborted) return 0;
      if (!book.isTooOld(snapshot)) {
        if (book.apply(snapshot) === 'live') this.#mended(symbol);
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

  /** A fresh subscription brings its whole book by itself: ask only for one that broke. */
  #askStream(symbol: string, book: Book, attempt: number): number {
    if (book.state === 'stale') this.#options.resubscribe(symbol);
    return backoffMs(attempt + 2, { baseMs: 2_000, floorMs: 2_000 });
  }
}
