import type { Level } from './market.ts';

/**
 * What a book and the trades beside it say of supply and demand at a moment. Statistics: float64, never money. Sizes
 * are in the venue's unit: base currency on spot, contracts where it counts in these.
 */
export interface FlowFacts {
  /** Best ask − best bid, in basis points of the mid price. */
  spreadBp: number;
  /** (bids − asks) / (bids + asks) over the sizes of the best 10 levels: −1 all asks … 1 all bids. */
  imbalance: number;
  /** Herfindahl index of the best 10 levels' sizes: 0.1 evenly spread … 1 all at one price. */
  bidConcentration: number;
  askConcentration: number;
  /** Size that rests within `depthBp` basis points of the mid price. */
  depthBp: number;
  bidDepth: number;
  askDepth: number;
  /**
   * What a market order of `notional` (price × size) pays beyond the mid price on average, in basis points, fees
   * apart; null when the book is too thin for it.
   */
  notional: number;
  buySlippageBp: number | null;
  sellSlippageBp: number | null;
  /** What takers bought and sold since the facts before these. */
  buyVolume: number;
  sellVolume: number;
}

/** Facts of a symbol's book; `ts` is the exchange's time of it, `receivedAt` ours, UTC ms. */
export interface OrderFlow extends FlowFacts {
  symbol: string;
  ts: number;
  receivedAt: number;
}

export type BookFacts = Omit<FlowFacts, 'buyVolume' | 'sellVolume'>;

/** Levels a side that imbalance and concentration look at. */
const LEVELS = 10;

/**
 * The facts of a book, both sides best first; undefined while a side is empty. Imbalance is the queue imbalance of
 * Gould and Bonart (2016), https://arxiv.org/abs/1512.03492, over several levels.
 */
export function readBookFacts(
  bids: readonly Level[],
  asks: readonly Level[],
  { depthBp, notional }: { depthBp: number; notional: number },
): BookFacts | undefined {
  const [bid, ask] = [bids[0], asks[0]];
  if (!bid || !ask) return undefined;
  const mid = (Number(bid[0]) + Number(ask[0])) / 2;
  const [bidSizes, askSizes] = [bids, asks].map((side) =>
    side.slice(0, LEVELS).map(([, size]) => Number(size)),
  );
  const [bought, sold] = [sum(bidSizes as number[]), sum(askSizes as number[])];
  const band = (mid * depthBp) / 10_000;
  return {
    spreadBp: ((Number(ask[0]) - Number(bid[0])) / mid) * 10_000,
    imbalance: (bought - sold) / (bought + sold),
    bidConcentration: concentration(bidSizes as number[]),
    askConcentration: concentration(askSizes as number[]),
    depthBp,
    bidDepth: sizeWithin(bids, mid, band),
    askDepth: sizeWithin(asks, mid, band),
    notional,
    buySlippageBp: slippageBp(asks, mid, notional),
    sellSlippageBp: slippageBp(bids, mid, notional),
  };
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

function concentration(sizes: readonly number[]): number {
  const total = sum(sizes);
  return sum(sizes.map((size) => (size / total) ** 2));
}

function sizeWithin(levels: readonly Level[], mid: number, band: number): number {
  let size = 0;
  for (const [price, offered] of levels) {
    if (Math.abs(Number(price) - mid) > band) break;
    size += Number(offered);
  }
  return size;
}

function slippageBp(levels: readonly Level[], mid: number, notional: number): number | null {
  let [left, taken] = [notional, 0];
  for (const [price, offered] of levels) {
    const value = Math.min(left, Number(price) * Number(offered));
    taken += value / Number(price);
    left -= value;
    if (left <= 0) return (Math.abs(notional / taken - mid) / mid) * 10_000;
  }
  return null;
}
