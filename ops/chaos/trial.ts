import type { Entry } from '../../shared/exchanges/entries.ts';
import { findVenue } from '../../shared/exchanges/venues.ts';
import { findDialect } from '../sim/dialects/index.ts';
import { symbolsOf } from '../sim/dialects/symbols.ts';
import type { Market } from '../sim/market.ts';
import { type Random, seeded } from '../sim/random.ts';
import { Rehearsal, type Sent } from '../sim/rehearsal.ts';

const START = Date.UTC(2026, 0, 1);
const DEPTH = 50;

/**
 * One venue's adapter and one book of it under trial: it can be compared with the engine's at any time, and is made
 * anew as the feed would do it, by a subscription, a REST book or a new connection.
 */
export class Trial {
  readonly run: Rehearsal;
  readonly market: Market;
  readonly random: Random;
  /** Comparisons of a live book with the engine's, and those that were wrong. */
  readonly seen = { checkpoints: 0, wrong: 0 };
  /** How deep the venue lets us prove a book: by its numbers all of it, by a checksum alone what that covers. */
  readonly #depth: number;
  readonly #mustReconnect = new Set<Sent['line']>();

  constructor({ venue: name, market }: Entry, seed: number) {
    const venue = findVenue(name, market);
    const dialect = findDialect(name, market);
    if (!dialect) throw new Error(`the simulated exchange does not speak ${name} ${market}`);
    const symbols = symbolsOf(dialect, ['BTC']);
    const subscriptions = symbols.flatMap((symbol) =>
      (['trades', 'book', 'quotes'] as const).map((channel) => ({ channel, symbol })),
    );
    this.random = seeded(seed, name, market);
    this.run = new Rehearsal(dialect, venue, { symbols, subscriptions, seed, startTs: START });
    this.market = this.run.markets[0] as Market;
    const { follows, checksum } = venue.book;
    this.#depth = follows || !checksum ? DEPTH : checksum.levels;
    this.take(this.run.open());
    this.settle();
  }

  take(frames: readonly Sent[]): void {
    for (const frame of frames) {
      const reading = this.run.take(frame);
      const control = reading && reading.kind !== 'ignored' ? reading.control : undefined;
      if (control?.type === 'reconnect') this.#mustReconnect.add(frame.line);
    }
  }

  /** Moves on by one step and takes all that it brings. */
  step(): Sent[] {
    const frames = this.run.step();
    this.take(frames);
    return frames;
  }

  get isLive(): boolean {
    return this.#book?.state === 'live';
  }

  get gaps(): number {
    return this.#book?.counters.gaps ?? 0;
  }

  /** Sizes told wrong so far. */
  get corrupted(): number {
    const views = this.run.lines.flatMap(({ session }) => session.views);
    return views.reduce((sum, view) => sum + view.corrupted, 0);
  }

  /** Whether the book is the engine's, as deep as the venue lets us prove it. */
  isTrue(): boolean {
    const held = this.#book?.top(this.#depth);
    return JSON.stringify(held) === JSON.stringify(this.run.truth(this.market, this.#depth));
  }

  /** Whether the book has lost its word by the next frame of it. */
  isBreakSeen(): boolean {
    while (this.isLive) if (this.step().some(isOfBook)) return !this.isLive;
    return true;
  }

  /** A whole book, wherever it stands, and the book true again. */
  renew(): void {
    if (this.#mustReconnect.size === 0) this.take(this.run.resync(this.market));
    this.settle();
    this.check();
  }

  /** Steps on until the book is live and nothing is left to be made anew. */
  settle(): void {
    for (let patience = 0; patience < 400; patience++) {
      for (const line of [...this.#mustReconnect]) {
        this.#mustReconnect.delete(line);
        this.take(this.run.reconnect(line));
      }
      if (this.isLive && this.#mustReconnect.size === 0) return;
      this.step();
      const isOverdue = patience % 4 === 3 && !this.isLive && this.#mustReconnect.size === 0;
      if (isOverdue) this.take(this.run.resync(this.market));
    }
    throw new Error(`the book of ${this.run.venue.label} did not come back`);
  }

  /** Compares the live book with the engine's at its next frame. */
  check(): void {
    for (let step = 0; step < 8; step++) {
      const isTold = this.step().some(isOfBook);
      if (!this.isLive || !isTold) continue;
      this.seen.checkpoints++;
      if (!this.isTrue()) this.seen.wrong++;
      return;
    }
  }

  get #book() {
    return this.run.books.get(this.market.listing.symbol);
  }
}

export const isOfBook = ({ kind }: Sent): boolean => kind === 'book';
