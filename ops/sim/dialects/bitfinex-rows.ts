import { crc32 } from 'node:zlib';
import type { BookView } from '../book-view.ts';
import type { Bar } from '../candles.ts';
import type { Listing } from '../listing.ts';
import type { BookLevel } from '../matching.ts';
import type { TapeTrade } from '../tape.ts';
import { price, size } from '../words.ts';

/** Facts as Bitfinex's rows: lists of numbers, spelled as JavaScript does. The stream and REST have the same ones. */

/** Which side an amount is of: bids and bought amounts stand above zero. */
export type Sign = 1 | -1;

/** `[id, time, amount, price]` */
export const tradeRow = (listing: Listing, { id, ts, ticks, lots, buyerIsMaker }: TapeTrade) => [
  id,
  ts,
  (buyerIsMaker ? -1 : 1) * amountOf(listing, lots),
  priceOf(listing, ticks),
];

/** `[time, open, close, high, low, volume]` */
export const candleRow = (listing: Listing, { ts, open, close, high, low, lots }: Bar) => [
  ts,
  ...[open, close, high, low].map((ticks) => priceOf(listing, ticks)),
  amountOf(listing, lots),
];

/** A candle in which nothing was traded does not exist. */
export const isTraded = ({ trades }: Bar): boolean => trades > 0;

/** `[price, count, amount]`; a level that is gone has the count 0 and an amount that tells its side alone. */
export const levelRow = (listing: Listing, [ticks, lots]: BookLevel, sign: Sign) =>
  lots === 0
    ? [priceOf(listing, ticks), 0, sign]
    : [priceOf(listing, ticks), 1, sign * amountOf(listing, lots)];

/** These are told first, so that a book that is told level by level never crosses on its way. */
export const isGone = ([, count]: readonly number[]): boolean => count === 0;

/** What a book of one price point is told when its best level becomes another. */
export function movedRows(
  listing: Listing,
  before: BookLevel | undefined,
  now: BookLevel,
  sign: Sign,
): number[][] {
  if (before && before[0] === now[0] && before[1] === now[1]) return [];
  const gone = before && before[0] !== now[0] ? [levelRow(listing, [before[0], 0], sign)] : [];
  return [...gone, levelRow(listing, now, sign)];
}

const LEVELS = 25;

/** CRC32, signed, over prices and amounts of the best 25 levels, a bid and an ask in turn. */
export function checksumOf(view: BookView): number {
  const { listing } = view.market;
  const [bids, asks] = [view.levels('buy', LEVELS), view.levels('sell', LEVELS)];
  const numbers = Array.from({ length: LEVELS }, (_, i) => [
    ...pairOf(listing, bids[i], 1),
    ...pairOf(listing, asks[i], -1),
  ]);
  return crc32(numbers.flat().join(':')) | 0;
}

const pairOf = (listing: Listing, level: BookLevel | undefined, sign: Sign) =>
  level ? [priceOf(listing, level[0]), sign * amountOf(listing, level[1])] : [];

const priceOf = (listing: Listing, ticks: number) => Number(price(listing, ticks));
const amountOf = (listing: Listing, lots: number) => Number(size(listing, lots));
