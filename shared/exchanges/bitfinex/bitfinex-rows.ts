import { canonicalDecimal } from '../../domain/decimal.ts';
import type { BookUpdate, Candle, Interval, Level, Trade } from '../../domain/market.ts';
import { RejectError } from '../../errors.ts';
import { readAmount, readArray, readDigits, readEpochText, readLevel, readPositive } from '../fields.ts';

/** `[id, time, amount, price]`; an amount below zero was sold by the taker. REST has the same. */
export function readBitfinexTrade(row: unknown, symbol: string, receivedAt: number): Trade {
  const [id, ts, amount, price] = readArray(row, 'trade');
  const { isNegative, size } = readSigned(amount, 'amount');
  return {
    type: 'trade',
    venue: 'bitfinex',
    symbol,
    id: readDigits(id, 'id'),
    price: readPositive(price, 'price'),
    size,
    side: isNegative ? 'sell' : 'buy',
    ts: readEpochText(ts, receivedAt, 'time'),
    receivedAt,
  };
}

/** `[time, open, close, high, low, volume]`; REST has the same. It never says that a candle is closed. */
export function readBitfinexCandle(
  row: unknown,
  symbol: string,
  interval: Interval,
  receivedAt: number,
): Candle {
  const [ts, open, close, high, low, volume] = readArray(row, 'candle');
  return {
    type: 'candle',
    venue: 'bitfinex',
    symbol,
    interval,
    open: readPositive(open, 'open'),
    high: readPositive(high, 'high'),
    low: readPositive(low, 'low'),
    close: readPositive(close, 'close'),
    volume: readAmount(volume, 'volume'),
    closed: false,
    ts: readEpochText(ts, receivedAt, 'time'),
    receivedAt,
  };
}

/** A whole book is a list of `[price, count, amount]`, a change is one of them. */
export function readBitfinexLevels(rows: readonly unknown[]): Pick<BookUpdate, 'kind' | 'bids' | 'asks'> {
  const isWhole = rows.length === 0 || Array.isArray(rows[0]);
  const bids: Level[] = [];
  const asks: Level[] = [];
  for (const row of isWhole ? rows : [rows]) {
    const [price, count, amount] = readArray(row, 'level');
    const { isNegative, size } = readSigned(amount, 'amount');
    const isGone = readDigits(count, 'count') === '0';
    (isNegative ? asks : bids).push(readLevel(price, isGone ? '0' : size, 'level'));
  }
  return { kind: isWhole ? 'snapshot' : 'delta', bids, asks };
}

function readSigned(value: unknown, where: string): { isNegative: boolean; size: string } {
  const text = canonicalDecimal(value);
  if (text === undefined) throw new RejectError(`${where} is not a decimal number`, where);
  const isNegative = text.startsWith('-');
  return { isNegative, size: readPositive(isNegative ? text.slice(1) : text, where) };
}
