import type { Market } from './market.ts';

const FUNDING_MS = 8 * 3_600_000;
const HOUR_MS = 3_600_000;

/** Mark price and funding of a future. Prices in ticks; the rate in 10^-8 a period. */
export interface Mark {
  markTicks: number;
  indexTicks: number;
  /** `-1234` → -0.00001234. */
  rate: number;
  /** When the period ends, UTC ms. */
  nextFundingTs: number;
}

/** A pure function of the market and the time: the fair price marks it, an hour's lean decides the rate. */
export function markOf(market: Market, at: number): Mark {
  const markTicks = Math.max(1, Math.round(market.fairTicks(at)));
  const indexTicks = Math.max(1, Math.round(market.fairTicks(at - 1_000)));
  const hour = Math.floor(at / HOUR_MS) * HOUR_MS;
  const lean = market.fairTicks(hour) / market.fairTicks(hour - HOUR_MS) - 1;
  return {
    markTicks,
    indexTicks,
    rate: Math.round(lean * 1e6),
    nextFundingTs: (Math.floor(at / FUNDING_MS) + 1) * FUNDING_MS,
  };
}
