import type { Level, Side } from '../domain/market.ts';

/** The last trade of a symbol; `side` is the taker's. */
export interface LastPrice {
  price: string;
  side: Side;
  ts: number;
  receivedAt: number;
}

/** Best bid and ask. */
export interface TopOfBook {
  bid: string;
  bidSize: string;
  ask: string;
  askSize: string;
  ts: number;
}

/** The top of a book, best first, and whether it may be traded on. */
export interface LiveBook {
  state: 'live' | 'stale';
  bids: Level[];
  asks: Level[];
  ts: number;
  receivedAt: number;
}

export const BOOK_LEVELS = 20;

/** A book that its producer has not confirmed for so long is gone, so that nobody trades on a dead producer's word. */
export const BOOK_TTL_MS = 5_000;

/** A hash with the fields `last`, `top` and `candle:<interval>`, each a JSON text. */
export const pricesKey = (namespace: string, venue: string, symbol: string) =>
  `${namespace}:prices:${venue}:${symbol}`;

/** A JSON text that expires. */
export const bookKey = (namespace: string, venue: string, symbol: string) =>
  `${namespace}:book:${venue}:${symbol}`;
