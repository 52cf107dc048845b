import { canonicalDecimal } from '../../domain/decimal.ts';
import type { BookUpdate, Candle, Interval, Level, Quote, Trade } from '../../domain/market.ts';
import { RejectError } from '../../errors.ts';
import { readAmount, readEpoch, readPositive } from '../fields.ts';

/**
 * ccxt's unified structures → our events. ccxt gives floats: their shortest spelling has the venue's digits, as long
 * as those are 15 or fewer; where there are more, `info`, the venue's own words, is searched for them.
 * https://docs.ccxt.com/#/?id=public-api
 */

/** Where and when something was said. */
export interface Told {
  venue: string;
  symbol: string;
  /** UTC ms, ours. */
  receivedAt: number;
}

/** What we read of ccxt's own types. */
export interface CcxtTrade {
  id?: string | undefined;
  timestamp?: number | undefined;
  side?: string | undefined;
  price?: number | undefined;
  amount?: number | undefined;
  info?: unknown;
}
export interface CcxtTicker {
  timestamp?: number | undefined;
  bid?: number | undefined;
  bidVolume?: number | undefined;
  ask?: number | undefined;
  askVolume?: number | undefined;
  info?: unknown;
}
export interface CcxtBook {
  timestamp?: number | undefined;
  bids: readonly (readonly unknown[])[];
  asks: readonly (readonly unknown[])[];
}
export type CcxtCandle = readonly (number | undefined)[];

/** Levels a side of a book that are taken over. */
const DEPTH = 100;
/** A double holds every decimal of so many digits. */
const EXACT_DIGITS = 15;

/**
 * A trade without an id gets one of its own facts, so that hearing it twice does no harm.
 * @throws {RejectError} naming what is missing
 */
export function mapTrade(raw: CcxtTrade, told: Told): Trade {
  const { side } = raw;
  if (side !== 'buy' && side !== 'sell') throw new RejectError('side is neither buy nor sell', 'side');
  const ts = readEpoch(raw.timestamp, told.receivedAt, 'timestamp');
  const price = readPositive(digitsOf(raw.price, raw.info), 'price');
  const size = readPositive(digitsOf(raw.amount, raw.info), 'amount');
  const id = raw.id ? String(raw.id) : `${ts}-${side}-${price}-${size}`;
  return { type: 'trade', ...told, id, price, size, side, ts };
}

/** Undefined where the exchange leaves out a side or a size. */
export function mapQuote(raw: CcxtTicker, told: Told): Quote | undefined {
  const { bid, bidVolume, ask, askVolume, info } = raw;
  if ([bid, bidVolume, ask, askVolume].some((value) => value === undefined || value === null))
    return undefined;
  return {
    type: 'quote',
    ...told,
    bid: readPositive(digitsOf(bid, info), 'bid'),
    bidSize: readAmount(digitsOf(bidVolume, info), 'bidVolume'),
    ask: readPositive(digitsOf(ask, info), 'ask'),
    askSize: readAmount(digitsOf(askVolume, info), 'askVolume'),
    ts: timeOf(raw.timestamp, told),
  };
}

/** The top of a book that ccxt keeps, as a whole book. */
export function mapBook(raw: CcxtBook, told: Told): BookUpdate {
  const bids = mapLevels(raw.bids, 'bids');
  const asks = mapLevels(raw.asks, 'asks');
  return { type: 'book', kind: 'snapshot', ...told, bids, asks, ts: timeOf(raw.timestamp, told) };
}

/** `[open time, open, high, low, close, volume]`; never closed by its own word. */
export function mapCandle(raw: CcxtCandle, interval: Interval, told: Told): Candle {
  const [openTime, open, high, low, close, volume] = raw;
  return {
    type: 'candle',
    ...told,
    interval,
    open: readPositive(digitsOf(open), 'open'),
    high: readPositive(digitsOf(high), 'high'),
    low: readPositive(digitsOf(low), 'low'),
    close: readPositive(digitsOf(close), 'close'),
    volume: readAmount(digitsOf(volume), 'volume'),
    closed: false,
    ts: readEpoch(openTime, told.receivedAt, 'open time'),
  };
}

/** `2.505e-05` → `0.00002505`; with more digits than a float holds, those of the equal text in `info`. */
export function digitsOf(value: unknown, info?: unknown): string | undefined {
  if (typeof value !== 'number' || !Number.isFinite(value)) return undefined;
  const text = String(value);
  const isExact = text.replace(/e.*$|^-?0\.0*|[-.]/g, '').length <= EXACT_DIGITS;
  return canonicalDecimal((isExact ? undefined : findText(value, info)) ?? text);
}

function findText(value: number, info: unknown): string | undefined {
  if (typeof info === 'string') return info !== '' && Number(info) === value ? info : undefined;
  if (typeof info !== 'object' || info === null) return undefined;
  for (const part of Object.values(info)) {
    const found = findText(value, part);
    if (found !== undefined) return found;
  }
  return undefined;
}

function mapLevels(side: CcxtBook['bids'], where: string): Level[] {
  return side
    .slice(0, DEPTH)
    .filter(([, size]) => size !== 0)
    .map(
      ([price, size]): Level => [readPositive(digitsOf(price), where), readPositive(digitsOf(size), where)],
    );
}

/** Not every exchange says when; then the time of receipt stands for it. */
const timeOf = (timestamp: number | undefined, { receivedAt }: Told): number =>
  timestamp === undefined || timestamp === null ? receivedAt : readEpoch(timestamp, receivedAt, 'timestamp');
