import { type Candle, INTERVALS, type Interval, type Trade } from '../../domain/market.ts';
import { RejectError } from '../../errors.ts';
import {
  type Fields,
  readAmount,
  readArray,
  readEpoch,
  readLevel,
  readObject,
  readPositive,
  readRfc3339,
} from '../fields.ts';
import type { CandlesQuery, History, TradesQuery } from '../venue.ts';
import { readNumeral, spellCoinbaseSymbol, takerSide } from './coinbase-mapper.ts';

const GRANULARITIES: Partial<Record<Interval, string>> = {
  '1m': 'ONE_MINUTE',
  '5m': 'FIVE_MINUTE',
  '15m': 'FIFTEEN_MINUTE',
  '1h': 'ONE_HOUR',
  '1d': 'ONE_DAY',
};
/** Coinbase refuses more than 350. */
const CANDLES_PER_CALL = 300;
const TRADES_PER_CALL = 1000;
/** A stretch of time that holds fewer trades than a page: only the newest of a longer one would come. */
const TRADES_SPAN_MS = 10_000;

const candlesSpan = ({ interval }: CandlesQuery) => CANDLES_PER_CALL * INTERVALS[interval];

/**
 * REST history of Coinbase Advanced: candles and trades by time, in whole seconds, newest first.
 * https://docs.cdp.coinbase.com/api-reference/advanced-trade-api/rest-api/products/get-public-market-trades
 */
export const coinbaseHistory: History = {
  ccxtId: 'coinbase',
  candles: {
    pageSize: CANDLES_PER_CALL,
    spanMs: candlesSpan,
    call: (query) => {
      const { symbol, interval, from, to } = query;
      const granularity = GRANULARITIES[interval];
      if (!granularity) throw new RejectError(`Coinbase has no ${interval} candles`, 'interval');
      return {
        method: 'v3PublicGetBrokerageMarketProductsProductIdCandles',
        params: {
          product_id: spellCoinbaseSymbol(symbol),
          granularity,
          start: Math.floor(from / 1000),
          end: Math.floor((Math.min(to, from + candlesSpan(query)) - 1) / 1000),
          limit: CANDLES_PER_CALL,
        },
      };
    },
    read: (answer, query, receivedAt) =>
      readRows(answer, 'candles').map((row) => readCandle(row, query, receivedAt)),
  },
  trades: {
    pageSize: TRADES_PER_CALL,
    spanMs: () => TRADES_SPAN_MS,
    call: ({ symbol, fromTs }) => {
      if (fromTs === undefined) {
        throw new RejectError('Coinbase pages trades by time: fromTs is needed', 'fromTs');
      }
      return {
        method: 'v3PublicGetBrokerageMarketProductsProductIdTicker',
        params: {
          product_id: spellCoinbaseSymbol(symbol),
          start: Math.floor(fromTs / 1000),
          end: Math.ceil((fromTs + TRADES_SPAN_MS) / 1000),
          limit: TRADES_PER_CALL,
        },
      };
    },
    read: (answer, query, receivedAt) =>
      readRows(answer, 'trades').map((row) => readTrade(row, query, receivedAt)),
  },
  bookTop: {
    call: (symbol) => ({
      method: 'v3PublicGetBrokerageMarketProductBook',
      params: { product_id: spellCoinbaseSymbol(symbol), limit: 50 },
    }),
    read: (answer) => {
      const book = readObject(readObject(answer, 'answer').pricebook, 'pricebook');
      const side = (name: string) =>
        readRows(book, name).map(({ price, size }) => readLevel(price, size, name));
      return { bids: side('bids'), asks: side('asks') };
    },
  },
};

const readRows = (answer: unknown, name: string): Fields[] =>
  readArray(readObject(answer, 'answer')[name], name).map((row) => readObject(row, name));

function readCandle(row: Fields, { symbol, interval }: CandlesQuery, receivedAt: number): Candle {
  const ts = readEpoch(Number(readNumeral(row.start, 'start')) * 1000, receivedAt, 'start');
  return {
    type: 'candle',
    venue: 'coinbase',
    symbol,
    interval,
    open: readPositive(row.open, 'open'),
    high: readPositive(row.high, 'high'),
    low: readPositive(row.low, 'low'),
    close: readPositive(row.close, 'close'),
    volume: readAmount(row.volume, 'volume'),
    closed: ts + INTERVALS[interval] <= receivedAt,
    ts,
    receivedAt,
  };
}

function readTrade(row: Fields, { symbol }: TradesQuery, receivedAt: number): Trade {
  return {
    type: 'trade',
    venue: 'coinbase',
    symbol,
    id: readNumeral(row.trade_id, 'trade_id'),
    price: readPositive(row.price, 'price'),
    size: readPositive(row.size, 'size'),
    side: takerSide(row.side),
    ts: readRfc3339(row.time, receivedAt, 'time'),
    receivedAt,
  };
}
