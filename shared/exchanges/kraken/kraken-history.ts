import { canonicalDecimal } from '../../domain/decimal.ts';
import { type Candle, INTERVALS, type Trade } from '../../domain/market.ts';
import { RejectError } from '../../errors.ts';
import { readAmount, readArray, readCount, readEpoch, readObject, readPositive } from '../fields.ts';
import type { CandlesQuery, History, TradesQuery } from '../venue.ts';

/**
 * REST history of Kraken. Candles go back 720 intervals only; trades are paged by time, 1000 a call.
 * https://docs.kraken.com/api/docs/rest-api/get-ohlc-data and get-recent-trades
 */
export const krakenHistory: History = {
  ccxtId: 'kraken',
  candles: {
    pageSize: 720,
    call: ({ symbol, interval, from }) => ({
      method: 'publicGetOHLC',
      params: {
        pair: legacyPair(symbol),
        interval: INTERVALS[interval] / 60_000,
        since: Math.floor(from / 1000) - 1,
      },
    }),
    read: (answer, query, receivedAt) =>
      readRows(answer, query.symbol).map((row) => readCandle(row, query, receivedAt)),
  },
  trades: {
    pageSize: 1000,
    call: ({ symbol, fromTs }) => {
      if (fromTs === undefined)
        throw new RejectError('Kraken pages trades by time: fromTs is needed', 'fromTs');
      return {
        method: 'publicGetTrades',
        params: { pair: legacyPair(symbol), since: `${fromTs - 1}000000`, count: 1000 },
      };
    },
    read: (answer, query, receivedAt) =>
      readRows(answer, query.symbol).map((row) => readTrade(row, query, receivedAt)),
  },
};

/** REST knows every pair by its old short name: `BTC/USD` → `XBTUSD`. */
function legacyPair(symbol: string): string {
  const old: Record<string, string> = { BTC: 'XBT', DOGE: 'XDG' };
  return symbol
    .split('/')
    .map((name) => (Object.hasOwn(old, name) ? old[name] : name))
    .join('');
}

/** `{ error: [], result: { <pair>: rows, last } }`, the pair under a name of Kraken's own. */
function readRows(answer: unknown, symbol: string): readonly unknown[] {
  const result = readObject(readObject(answer, 'answer').result, 'result');
  const rows = Object.entries(result).find(([name]) => name !== 'last')?.[1];
  if (rows === undefined) throw new RejectError(`Kraken has no history of ${symbol}`, 'result');
  return readArray(rows, 'rows');
}

/** `[time in s, open, high, low, close, vwap, volume, count]` */
function readCandle(row: unknown, query: CandlesQuery, receivedAt: number): Candle {
  const [time, open, high, low, close, , volume] = readArray(row, 'candle');
  const ts = readEpoch(readCount(Number(time), 'time') * 1000, receivedAt, 'time');
  return {
    type: 'candle',
    venue: 'kraken',
    symbol: query.symbol,
    interval: query.interval,
    open: readPositive(open, 'open'),
    high: readPositive(high, 'high'),
    low: readPositive(low, 'low'),
    close: readPositive(close, 'close'),
    volume: readAmount(volume, 'volume'),
    closed: ts + INTERVALS[query.interval] <= receivedAt,
    ts,
    receivedAt,
  };
}

/** `[price, volume, time in s, b|s, m|l, misc, trade id]` */
function readTrade(row: unknown, query: TradesQuery, receivedAt: number): Trade {
  const [price, volume, time, side, , , id] = readArray(row, 'trade');
  if (side !== 'b' && side !== 's') throw new RejectError('side is neither b nor s', 'side');
  return {
    type: 'trade',
    venue: 'kraken',
    symbol: query.symbol,
    id: String(readCount(Number(id), 'trade id')),
    price: readPositive(price, 'price'),
    size: readPositive(volume, 'volume'),
    side: side === 'b' ? 'buy' : 'sell',
    ts: readEpoch(millisecondsOf(time), receivedAt, 'time'),
    receivedAt,
  };
}

/** `1534614057.321597` in seconds → ms, cut, without a float's rounding. */
function millisecondsOf(seconds: unknown): number {
  const text = canonicalDecimal(String(seconds)) ?? '';
  const [whole = '', fraction = ''] = text.split('.');
  return Number(whole + fraction.slice(0, 3).padEnd(3, '0'));
}
