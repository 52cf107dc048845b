import type { Side } from '../../shared/domain/market.ts';
import type { BookLevel, OrderBook } from './matching.ts';

/** The changes of a book between two update ids, both inclusive; sizes are absolute, 0 for a level that is gone. */
export interface DepthDiff {
  first: number;
  last: number;
  bids: BookLevel[];
  asks: BookLevel[];
}

/** Collects the prices that changed since the last `flush`. Update ids of successive diffs are contiguous. */
export class DepthDiffs {
  readonly #changed: Record<Side, Set<number>> = { buy: new Set(), sell: new Set() };
  #flushedUpTo: number;

  constructor(updateId: number) {
    this.#flushedUpTo = updateId;
  }

  note(side: Side, ticks: number): void {
    this.#changed[side].add(ticks);
  }

  /** What changed, undefined for nothing. */
  flush(book: OrderBook): DepthDiff | undefined {
    if (book.updateId === this.#flushedUpTo) return undefined;
    const diff = {
      first: this.#flushedUpTo + 1,
      last: book.updateId,
      bids: this.#drain('buy', book),
      asks: this.#drain('sell', book),
    };
    this.#flushedUpTo = book.updateId;
    return diff;
  }

  #drain(side: Side, book: OrderBook): BookLevel[] {
    const sign = side === 'buy' ? -1 : 1;
    const prices = [...this.#changed[side]].sort((a, b) => sign * (a - b));
    this.#changed[side].clear();
    return prices.map((ticks) => [ticks, book.lotsAt(side, ticks)] as const);
  }
}
