import type { Candle, Interval, Trade } from '../../domain/market.ts';
import { RejectError } from '../../errors.ts';
import {
  readAmount,
  readArray,
  readDigits,
  readEpochText,
  readObject,
  readPositive,
  readText,
} from '../fields.ts';

/** Bitget's candle lengths → ours. Its plain `1D` opens at 16:00 UTC and is none of ours. */
export const BITGET_LENGTHS: ReadonlyMap<string, Interval> = new Map([
  ['1m', '1m'],
  ['5m', '5m'],
  ['15m', '15m'],
  ['1H', '1h'],
  ['4H', '4h'],
  ['1Dutc', '1d'],
]);

/** `1h` → `1H`. @throws {RejectError} for what Bitget has not */
export function lengthCode(interval: Interval): string {
  for (const [code, name] of BITGET_LENGTHS) if (name === interval) return code;
  throw new RejectError(`Bitget has no ${interval} candles`, 'interval');
}

/** `[open time in ms, open, high, low, close, base volume, …]`, all texts, of stream and REST; none says it is closed. */
export function readBitgetCandle(
  row: unknown,
  symbol: string,
  interval: Interval,
  receivedAt: number,
): Candle {
  const [ts, open, high, low, close, volume] = readArray(row, 'candle');
  return {
    type: 'candle',
    venue: 'bitget',
    symbol,
    interval,
    open: readPositive(open, 'open'),
    high: readPositive(high, 'high'),
    low: readPositive(low, 'low'),
    close: readPositive(close, 'close'),
    volume: readAmount(volume, 'volume'),
    closed: false,
    ts: readEpochText(ts, receivedAt, 'ts'),
    receivedAt,
  };
}

/** A trade of stream or REST; the side is the taker's, which REST writes with a capital. */
export function readBitgetTrade(item: unknown, symbol: string, receivedAt: number): Trade {
  const row = readObject(item, 'trade');
  const side = readText(row.side, 'side').toLowerCase();
  if (side !== 'buy' && side !== 'sell') throw new RejectError('side is neither buy nor sell', 'side');
  const id = readDigits(row.tradeId, 'tradeId');
  return {
    type: 'trade',
    venue: 'bitget',
    symbol,
    id,
    price: readPositive(row.price, 'price'),
    size: readPositive(row.size, 'size'),
    side,
    ts: restoreMs(readEpochText(row.ts, receivedAt, 'ts'), id),
    receivedAt,
  };
}

/** Ids are snowflakes: above their lowest 22 bits they count milliseconds from here, as every pair we have seen does. */
export const ID_EPOCH = 1_435_725_920_677;

/**
 * REST cuts a trade's time to the second ("second level"), the stream has the millisecond, and one trade must have
 * one time. The id has it too, and is believed where it agrees with the second.
 */
export function restoreMs(ts: number, id: string): number {
  if (ts % 1000 !== 0) return ts;
  const exact = Number(BigInt(id) >> 22n) + ID_EPOCH;
  return exact - (exact % 1000) === ts ? exact : ts;
}

/** Older first: ids only grow, and are longer than a number can hold. */
export function compareIds({ id: a }: Trade, { id: b }: Trade): number {
  if (a.length !== b.length) return a.length - b.length;
  return a < b ? -1 : Number(a > b);
}
