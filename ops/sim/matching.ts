import type { Side } from '../../shared/domain/market.ts';

/** A resting order; `lots` is what is left of it. */
export interface RestingOrder {
  id: number;
  side: Side;
  ticks: number;
  lots: number;
}

/** One execution between a taker and the resting order `makerId`. */
export interface Execution {
  ticks: number;
  lots: number;
  takerSide: Side;
  makerId: number;
}

/** What became of an order: its executions, and its rest when it stands in the book. */
export interface Outcome {
  executions: Execution[];
  resting?: RestingOrder;
}

export type BookLevel = readonly [ticks: number, lots: number];
type Level = { ticks: number; lots: number; queue: RestingOrder[] };

/**
 * A limit order book with price-time priority in whole ticks and lots.
 *
 * `updateId` grows by one with every change of a level, and `onChange` hears of each: both feed the depth stream.
 */
export class OrderBook {
  updateId: number;
  /** Levels of each side, best LAST, so that taking the best is a pop. */
  readonly #levels: Record<Side, Level[]> = { buy: [], sell: [] };
  readonly #orders = new Map<number, RestingOrder>();
  readonly #onChange: (side: Side, ticks: number) => void;
  #nextOrderId = 1;

  constructor(updateId = 0, onChange: (side: Side, ticks: number) => void = () => {}) {
    this.updateId = updateId;
    this.#onChange = onChange;
  }

  /** Trades against the other side as far as `ticks` allows; the rest stands in the book. */
  limit(side: Side, ticks: number, lots: number): Outcome {
    assertAmounts(ticks, lots);
    const { executions, left } = this.#take(side, lots, ticks);
    return left ? { executions, resting: this.#rest(side, ticks, left) } : { executions };
  }

  /** A limit order that must not trade: undefined where it would. */
  postOnly(side: Side, ticks: number, lots: number): RestingOrder | undefined {
    assertAmounts(ticks, lots);
    const opposite = this.best(opposed(side));
    if (opposite && reaches(side, ticks, opposite[0])) return undefined;
    return this.#rest(side, ticks, lots);
  }

  /** Trades at any price; what finds no counterpart expires. */
  market(side: Side, lots: number): Outcome {
    assertAmounts(1, lots);
    return { executions: this.#take(side, lots, side === 'buy' ? Number.POSITIVE_INFINITY : 0).executions };
  }

  /** True when the order stood in the book and is gone now. */
  cancel(id: number): boolean {
    const order = this.#orders.get(id);
    if (!order) return false;
    const levels = this.#levels[order.side];
    const index = this.#indexOf(order.side, order.ticks);
    const level = levels[index] as Level;
    level.queue.splice(level.queue.indexOf(order), 1);
    level.lots -= order.lots;
    if (!level.queue.length) levels.splice(index, 1);
    this.#orders.delete(id);
    this.#changed(order.side, order.ticks);
    return true;
  }

  best(side: Side): BookLevel | undefined {
    const level = this.#levels[side].at(-1);
    return level && [level.ticks, level.lots];
  }

  /** The size that stands at a price, 0 for none. */
  lotsAt(side: Side, ticks: number): number {
    const level = this.#levels[side][this.#indexOf(side, ticks)];
    return level?.ticks === ticks ? level.lots : 0;
  }

  /** How many levels stand. */
  size(side: Side): number {
    return this.#levels[side].length;
  }

  /** The best `depth` levels, best first. */
  levels(side: Side, depth = Number.POSITIVE_INFINITY): BookLevel[] {
    const levels = this.#levels[side];
    const count = Math.min(depth, levels.length);
    return Array.from({ length: count }, (_, i) => {
      const { ticks, lots } = levels[levels.length - 1 - i] as Level;
      return [ticks, lots] as const;
    });
  }

  #take(side: Side, lots: number, limit: number): { executions: Execution[]; left: number } {
    const makerSide = opposed(side);
    const levels = this.#levels[makerSide];
    const executions: Execution[] = [];
    let left = lots;
    for (
      let level = levels.at(-1);
      left && level && reaches(side, limit, level.ticks);
      level = levels.at(-1)
    ) {
      left = this.#takeLevel(level, side, left, executions);
      if (!level.queue.length) levels.pop();
      this.#changed(makerSide, level.ticks);
    }
    return { executions, left };
  }

  #takeLevel(level: Level, takerSide: Side, lots: number, executions: Execution[]): number {
    let left = lots;
    while (left && level.queue.length) {
      const maker = level.queue[0] as RestingOrder;
      const traded = Math.min(left, maker.lots);
      maker.lots -= traded;
      level.lots -= traded;
      left -= traded;
      executions.push({ ticks: level.ticks, lots: traded, takerSide, makerId: maker.id });
      if (maker.lots) break;
      level.queue.shift();
      this.#orders.delete(maker.id);
    }
    return left;
  }

  #rest(side: Side, ticks: number, lots: number): RestingOrder {
    const order: RestingOrder = { id: this.#nextOrderId++, side, ticks, lots };
    const levels = this.#levels[side];
    const index = this.#indexOf(side, ticks);
    const level = levels[index];
    if (level?.ticks === ticks) {
      level.queue.push(order);
      level.lots += lots;
    } else {
      levels.splice(index, 0, { ticks, lots, queue: [order] });
    }
    this.#orders.set(order.id, order);
    this.#changed(side, ticks);
    return order;
  }

  /** Where the level stands, or where it would have to be put in. */
  #indexOf(side: Side, ticks: number): number {
    const levels = this.#levels[side];
    let low = 0;
    let high = levels.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const here = (levels[middle] as Level).ticks;
      if (side === 'buy' ? here < ticks : here > ticks) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #changed(side: Side, ticks: number): void {
    this.updateId++;
    this.#onChange(side, ticks);
  }
}

export const opposed = (side: Side): Side => (side === 'buy' ? 'sell' : 'buy');

/** Whether an order of `side` limited to `limit` trades with a resting price. */
const reaches = (side: Side, limit: number, resting: number) =>
  side === 'buy' ? limit >= resting : limit <= resting;

function assertAmounts(ticks: number, lots: number): void {
  if (!Number.isSafeInteger(ticks) || ticks <= 0) throw new RangeError(`price of ${ticks} ticks`);
  if (!Number.isSafeInteger(lots) || lots <= 0) throw new RangeError(`size of ${lots} lots`);
}
