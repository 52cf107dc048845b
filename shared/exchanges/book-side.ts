import type { Level } from '../domain/market.ts';

/**
 * One side of a book, worst level first, so that the busy best end is the cheap end of the arrays.
 * Prices are ordered as float64 (venues' prices have at most 16 significant digits) and kept as text.
 */
export class BookSide {
  #ranks: number[] = [];
  #levels: Level[] = [];
  readonly #sign: 1 | -1;

  constructor(side: 'bids' | 'asks') {
    this.#sign = side === 'bids' ? 1 : -1;
  }

  get size(): number {
    return this.#levels.length;
  }

  get best(): Level | undefined {
    return this.#levels.at(-1);
  }

  /** Sets a level; size `"0"` removes it. */
  set(level: Level): void {
    const rank = this.#sign * Number(level[0]);
    const at = this.#find(rank);
    const found = this.#ranks[at] === rank;
    if (level[1] === '0') {
      if (found) this.#remove(at, 1);
    } else if (found) this.#levels[at] = level;
    else if (at === this.#ranks.length) {
      this.#ranks.push(rank);
      this.#levels.push(level);
    } else {
      this.#ranks.splice(at, 0, rank);
      this.#levels.splice(at, 0, level);
    }
  }

  /** Replaces every level; of a price that comes twice the last one stands. */
  load(levels: readonly Level[]): void {
    const byRank = new Map<number, Level>();
    for (const level of levels) byRank.set(this.#sign * Number(level[0]), level);
    const sorted = [...byRank].filter(([, level]) => level[1] !== '0').sort((a, b) => a[0] - b[0]);
    this.#ranks = sorted.map(([rank]) => rank);
    this.#levels = sorted.map(([, level]) => level);
  }

  /** Drops the worst levels until `depth` are left. */
  cut(depth: number): void {
    const excess = this.#levels.length - depth;
    if (excess > 0) this.#remove(0, excess);
  }

  /** The best `count` levels, best first. */
  top(count: number): Level[] {
    return this.#levels.slice(Math.max(0, this.#levels.length - count)).reverse();
  }

  #remove(at: number, count: number) {
    if (count === 1 && at === this.#ranks.length - 1) {
      this.#ranks.pop();
      this.#levels.pop();
    } else {
      this.#ranks.splice(at, count);
      this.#levels.splice(at, count);
    }
  }

  /** Index of the first level whose rank is at least `rank`. */
  #find(rank: number): number {
    let low = 0;
    let high = this.#ranks.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#ranks[middle] as number) < rank) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
