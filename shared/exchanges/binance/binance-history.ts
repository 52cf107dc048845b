import { type Candle, INTERVALS, type Trade } from '../../domain/market.ts';
import {
  readAmount,
  readArray,
  readCount,
  readEpoch,
  readFlag,
  readObject,
  readPositive,
} from '../fields.ts';
import type { CandlesQuery, History, TradesQuery } from '../venue.ts';
import type { BinanceOptions } from './binance.ts';
import { joinBinanceSymbol } from './binance-symbols.ts';

/** REST history of Binance spot: klines, single trades by id, whole books. */
export function binanceHistory({ name, restOrigin }: BinanceOptions): History {
  return {
    ccxtId: 'binance',
    restOrigin,
    candles: {
      pageSize: 1000,
      call: ({ symbol, interval, from, to }) => ({
        method: 'publicGetKlines',
        weight: 2,
        params: {
          symbol: joinBinanceSymbol(symbol),
          interval,
          startTime: from,
          endTime: to - 1,
          limit: 1000,
        },
      }),
      read: (answer, query, receivedAt) =>
        readArray(answer, 'klines').map((row) => readBinanceKline(row, name, query, receivedAt)),
    },
    trades: {
      pageSize: 1000,
      call: ({ symbol, fromId }) => ({
        method: 'publicGetHistoricalTrades',
        weight: 25,
        params: { symbol: joinBinanceSymbol(symbol), fromId, limit: 1000 },
      }),
      read: (answer, query, receivedAt) =>
        readArray(answer, 'trades').map((row) => readTrade(row, name, query, receivedAt)),
    },
    book: (symbol) => [
      { method: 'publicGetDepth', params: { symbol, limit: 5000 }, weight: 250 },
      { method: 'publicGetDepth', params: { symbol, limit: 1000 }, weight: 50 },
      { method: 'publicGetDepth', params: { symbol, limit: 500 }, weight: 25 },
      { method: 'publicGetDepth', params: { symbol, limit: 100 }, weight: 5 },
    ],
  };
}

/** `[openTime, open, high, low, close, volume, closeTime, …]`; a candle is closed once its end has passed. */
export function readBinanceKline(
  row: unknown,
  venue: string,
  query: CandlesQuery,
  receivedAt: number,
): Candle {
  const [openTime, open, high, low, close, volume] = readArray(row, 'kline');
  const ts = readEpoch(openTime, receivedAt, 'openTime');
  return {
    type: 'candle',
    venue,
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

/** Both futures markets give aggregated trades by id, in the stream's own letters. */
export function readBinanceAggTrade(
  row: unknown,
  venue: string,
  query: TradesQuery,
  receivedAt: number,
): Trade {
  const raw = readObject(row, 'trade');
  return {
    type: 'trade',
    venue,
    symbol: query.symbol,
    id: String(readCount(raw.a, 'a')),
    price: readPositive(raw.p, 'p'),
    size: readPositive(raw.q, 'q'),
    side: readFlag(raw.m, 'm') ? 'sell' : 'buy',
    ts: readEpoch(raw.T, receivedAt, 'T'),
    receivedAt,
  };
}

function readTrade(row: unknown, venue: string, query: TradesQuery, receivedAt: number): Trade {
  const raw = readObject(row, 'trade');
  return {
    type: 'trade',
    venue,
    symbol: query.symbol,
    id: String(readCount(raw.id, 'id')),
    price: readPositive(raw.price, 'price'),
    size: readPositive(raw.qty, 'qty'),
    side: readFlag(raw.isBuyerMaker, 'isBuyerMaker') ? 'sell' : 'buy',
    ts: readEpoch(raw.time, receivedAt, 'time'),
    receivedAt,
  };
}
