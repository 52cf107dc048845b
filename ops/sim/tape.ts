/** One trade in whole ticks and lots. `buyerIsMaker` is Binance's `m`: the taker sold. */
export interface TapeTrade {
  id: number;
  ts: number;
  ticks: number;
  lots: number;
  buyerIsMaker: boolean;
}

const FIRST_CAPACITY = 4_096;

/**
 * The newest trades of one symbol, ids contiguous, in 25 bytes each. It grows to `capacity`, then the oldest
 * give way.
 */
export class Tape {
  firstId = 0;
  /** The id that the next trade must have. */
  nextId = 0;
  readonly #capacity: number;
  #columns = makeColumns(FIRST_CAPACITY);

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get length(): number {
    return this.nextId - this.firstId;
  }

  /** The tape starts at whatever id comes first; from then on a hole or a repeat is a defect. */
  add(trade: TapeTrade): void {
    if (!this.length) this.firstId = this.nextId = trade.id;
    if (trade.id !== this.nextId) throw new RangeError(`trade ${trade.id} where ${this.nextId} is due`);
    if (this.length === this.#columns.ts.length) this.#makeRoom();
    const { ts, ticks, lots, maker } = this.#columns;
    const at = trade.id % ts.length;
    ts[at] = trade.ts;
    ticks[at] = trade.ticks;
    lots[at] = trade.lots;
    maker[at] = trade.buyerIsMaker ? 1 : 0;
    this.nextId++;
  }

  /** The trade with this id, undefined when it is gone or not made yet. */
  at(id: number): TapeTrade | undefined {
    if (id < this.firstId || id >= this.nextId) return undefined;
    const { ts, ticks, lots, maker } = this.#columns;
    const at = id % ts.length;
    return {
      id,
      ts: ts[at] as number,
      ticks: ticks[at] as number,
      lots: lots[at] as number,
      buyerIsMaker: maker[at] === 1,
    };
  }

  last(): TapeTrade | undefined {
    return this.at(this.nextId - 1);
  }

  /** At most `limit` trades from `fromId` on, or from the oldest kept when that is later. */
  from(fromId: number, limit: number): TapeTrade[] {
    const start = Math.max(fromId, this.firstId);
    const count = Math.max(0, Math.min(limit, this.nextId - start));
    return Array.from({ length: count }, (_, i) => this.at(start + i) as TapeTrade);
  }

  /** The first id whose trade is at or after `ts`; `nextId` when there is none. */
  idAt(ts: number): number {
    let low = this.firstId;
    let high = this.nextId;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if ((this.at(middle) as TapeTrade).ts < ts) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #makeRoom(): void {
    const size = this.#columns.ts.length;
    if (size >= this.#capacity) {
      this.firstId++;
      return;
    }
    const kept = this.from(this.firstId, size);
    this.#columns = makeColumns(Math.min(this.#capacity, size * 4));
    this.nextId = this.firstId;
    for (const trade of kept) this.add(trade);
  }
}

const makeColumns = (size: number) => ({
  ts: new Float64Array(size),
  ticks: new Float64Array(size),
  lots: new Float64Array(size),
  maker: new Uint8Array(size),
});
