/**
 * Normalized market facts. Prices and sizes are decimal strings as the venue wrote them, less needless zeros;
 * `ts` is the exchange's time and `receivedAt` ours, both integer UTC milliseconds.
 */
export type Side = 'buy' | 'sell';

/** A price and a size, both decimal strings. */
export type Level = readonly [price: string, size: string];

/** Where a fact comes from: the venue as we address it and the unified symbol, as ccxt has them. */
export interface Origin {
  /** `binance`, `kraken`, `sim` … */
  venue: string;
  /** `BTC/USDT`; `BTC/USDT:USDT` for a perpetual swap. */
  symbol: string;
  ts: number;
  receivedAt: number;
}

/** One public trade. `side` is the TAKER's; `id` is the venue's own, unique within the symbol. */
export interface Trade extends Origin {
  type: 'trade';
  id: string;
  price: string;
  size: string;
  side: Side;
}

/** Best bid and ask as the venue announces them. */
export interface Quote extends Origin {
  type: 'quote';
  bid: string;
  bidSize: string;
  ask: string;
  askSize: string;
}

/** A candle; `ts` is its open time. It counts only when `closed`. */
export interface Candle extends Origin {
  type: 'candle';
  interval: Interval;
  open: string;
  high: string;
  low: string;
  close: string;
  volume: string;
  closed: boolean;
}

/**
 * A whole book or a change of one. Sizes are absolute, `"0"` removes the level.
 * `first`..`last` are the venue's update ids where it has any; `checksum` likewise.
 */
export interface BookUpdate extends Origin {
  type: 'book';
  kind: 'snapshot' | 'delta';
  bids: Level[];
  asks: Level[];
  first?: number;
  last?: number;
  /** `last` of the update before this one, where the venue says it. */
  prev?: number;
  checksum?: number;
  /** Levels a side that the venue maintains, where it says so: the rest falls off after each update. */
  depth?: number;
  /** Decimal places of prices and sizes on the wire, where a checksum needs them. */
  decimals?: readonly [price: number, size: number];
}

/** What a perpetual's longs pay its shorts at `nextFundingTs`, as the venue estimates it at `ts`. */
export interface Funding extends Origin {
  type: 'funding';
  /** A fraction of the position's worth; below zero the shorts pay: `"-0.00012"`. */
  rate: string;
  /** When it falls due, UTC ms. */
  nextFundingTs: number;
}

/** The price by which a venue values a contract's open positions. */
export interface Mark extends Origin {
  type: 'mark';
  price: string;
  /** Of the index that it leans on, where the venue says it beside. */
  indexPrice?: string;
}

export type MarketEvent = Trade | Quote | Candle | BookUpdate | Funding | Mark;

/** Candle intervals and their length in milliseconds. */
export const INTERVALS = {
  '1s': 1_000,
  '1m': 60_000,
  '5m': 300_000,
  '15m': 900_000,
  '1h': 3_600_000,
  '4h': 14_400_000,
  '1d': 86_400_000,
} as const;
export type Interval = keyof typeof INTERVALS;

export const isInterval = (text: string): text is Interval => Object.hasOwn(INTERVALS, text);
