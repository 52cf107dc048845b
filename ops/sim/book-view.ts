import type { Side } from '../../shared/domain/market.ts';
import type { DepthDiff } from './depth-diff.ts';
import type { Market } from './market.ts';
import type { BookLevel } from './matching.ts';

/** What a subscriber must do to its book: replace it, or set these levels (lots 0 removes) and cut it to the depth. */
export interface BookChange {
  whole: boolean;
  /** Update ids of the book that it covers, both included; of a whole book both are its id. */
  first: number;
  last: number;
  /** The subscriber's id before it. */
  prev: number;
  bids: readonly BookLevel[];
  asks: readonly BookLevel[];
}

/**
 * One subscriber's copy of a book, `depth` levels a side: what of each change it must be told. A level that falls out
 * of the depth is not removed; one that comes in from below is told, although it did not change.
 */
export class BookView {
  readonly market: Market;
  readonly depth: number;
  /** The id of the last update told. */
  id = 0;
  /** Changes told so far, whole books included. */
  count = 0;
  /** Every so many changes one size among the best ten is told wrong; 0 for none. */
  corruptEvery = 0;
  corrupted = 0;
  /** The worst price that the subscriber holds, where there are more. */
  readonly #edge: Record<Side, number | undefined> = { buy: undefined, sell: undefined };

  constructor(market: Market, depth = Number.POSITIVE_INFINITY) {
    this.market = market;
    this.depth = depth;
  }

  /** The best levels as they stand, best first. */
  levels(side: Side, depth = this.depth): BookLevel[] {
    return this.market.book.levels(side, Math.min(depth, this.depth));
  }

  whole(): BookChange {
    const prev = this.id;
    this.id = this.market.book.updateId;
    this.count++;
    const [bids, asks] = [this.levels('buy'), this.levels('sell')];
    this.#noteEdge('buy', bids);
    this.#noteEdge('sell', asks);
    return { whole: true, first: this.id, last: this.id, prev, bids, asks };
  }

  change({ first, last, bids, asks }: DepthDiff): BookChange {
    const prev = this.id;
    this.id = last;
    this.count++;
    const change = {
      whole: false,
      first,
      last,
      prev,
      bids: this.#told('buy', bids),
      asks: this.#told('sell', asks),
    };
    return this.corruptEvery && this.count % this.corruptEvery === 0 ? this.#corrupt(change) : change;
  }

  #told(side: Side, changed: readonly BookLevel[]): readonly BookLevel[] {
    const edge = this.#edge[side];
    const fits = this.market.book.size(side) <= this.depth;
    if (fits && edge === undefined) return changed;
    const levels = this.levels(side);
    const worst = fits ? undefined : levels.at(-1)?.[0];
    this.#edge[side] = worst;
    const isBeyond = (ticks: number, limit: number | undefined) =>
      limit !== undefined && (side === 'buy' ? ticks < limit : ticks > limit);
    const told = new Map(changed.filter(([ticks]) => !isBeyond(ticks, worst)));
    for (const [ticks, lots] of levels) if (isBeyond(ticks, edge)) told.set(ticks, lots);
    return [...told];
  }

  #noteEdge(side: Side, levels: readonly BookLevel[]): void {
    this.#edge[side] = this.market.book.size(side) > this.depth ? levels.at(-1)?.[0] : undefined;
  }

  /** One lot too many on a level that stands among the best ten. */
  #corrupt(change: BookChange): BookChange {
    for (const [side, key] of [
      ['buy', 'bids'],
      ['sell', 'asks'],
    ] as const) {
      const best = new Set(this.levels(side, 10).map(([ticks]) => ticks));
      const index = change[key].findIndex(([ticks, lots]) => lots > 0 && best.has(ticks));
      if (index === -1) continue;
      this.corrupted++;
      const levels = change[key].map(([ticks, lots], i) => [ticks, i === index ? lots + 1 : lots] as const);
      return { ...change, [key]: levels };
    }
    return change;
  }
}
