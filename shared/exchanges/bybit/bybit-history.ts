import { type Candle, INTERVALS, type Trade } from '../../domain/market.ts';
import { RejectError } from '../../errors.ts';
import {
  type Fields,
  readAmount,
  readArray,
  readBookTop,
  readEpoch,
  readObject,
  readPositive,
  readText,
} from '../fields.ts';
import type { CandlesQuery, History, TradesQuery } from '../venue.ts';
import { intervalCode } from './bybit-mapper.ts';
import { type BybitMarket, spellBybitSymbol } from './bybit-symbols.ts';

const CANDLES_PER_CALL = 1000;

/**
 * REST history of Bybit v5. Of trades there is one page, the newest; its ids are no row of numbers.
 * https://bybit-exchange.github.io/docs/v5/market/kline and recent-trade
 */
export function bybitHistory(market: BybitMarket): History {
  const pageSize = market === 'spot' ? 60 : 1000;
  return {
    ccxtId: 'bybit',
    candles: {
      pageSize: CANDLES_PER_CALL,
      call: ({ symbol, interval, from, to }) => {
        const code = intervalCode(interval);
        if (!code) throw new RejectError(`Bybit has no ${interval} candles`, 'interval');
        const end = Math.min(to, from + CANDLES_PER_CALL * INTERVALS[interval]) - 1;
        return {
          method: 'publicGetV5MarketKline',
          params: {
            category: market,
            symbol: spellBybitSymbol(symbol, market),
            interval: code,
            start: from,
            end,
            limit: CANDLES_PER_CALL,
          },
        };
      },
      read: (answer, query, receivedAt) => readList(answer).map((row) => readCandle(row, query, receivedAt)),
    },
    trades: {
      pageSize,
      call: ({ symbol }) => ({
        method: 'publicGetV5MarketRecentTrade',
        params: { category: market, symbol: spellBybitSymbol(symbol, market), limit: pageSize },
      }),
      read: (answer, query, receivedAt) =>
        readList(answer).map((row) => readTrade(readObject(row, 'trade'), query, receivedAt)),
    },
    bookTop: {
      call: (symbol) => ({
        method: 'publicGetV5MarketOrderbook',
        params: { category: market, symbol: spellBybitSymbol(symbol, market), limit: 50 },
      }),
      read: (answer) => readBookTop(readObject(answer, 'answer').result, 'b', 'a'),
    },
  };
}

/** `{ retCode, retMsg, result: { list } }`, newest first. */
function readList(answer: unknown): readonly unknown[] {
  const result = readObject(readObject(answer, 'answer').result, 'result');
  return readArray(result.list, 'list');
}

/** `[start in ms, open, high, low, close, volume, turnover]` */
function readCandle(row: unknown, { symbol, interval }: CandlesQuery, receivedAt: number): Candle {
  const [start, open, high, low, close, volume] = readArray(row, 'candle');
  const ts = readEpoch(Number(start), receivedAt, 'start');
  return {
    type: 'candle',
    venue: 'bybit',
    symbol,
    interval,
    open: readPositive(open, 'open'),
    high: readPositive(high, 'high'),
    low: readPositive(low, 'low'),
    close: readPositive(close, 'close'),
    volume: readAmount(volume, 'volume'),
    closed: ts + INTERVALS[interval] <= receivedAt,
    ts,
    receivedAt,
  };
}

function readTrade(row: Fields, { symbol }: TradesQuery, receivedAt: number): Trade {
  if (row.side !== 'Buy' && row.side !== 'Sell') {
    throw new RejectError('side is neither Buy nor Sell', 'side');
  }
  return {
    type: 'trade',
    venue: 'bybit',
    symbol,
    id: readText(row.execId, 'execId'),
    price: readPositive(row.price, 'price'),
    size: readPositive(row.size, 'size'),
    side: row.side === 'Buy' ? 'buy' : 'sell',
    ts: readEpoch(Number(row.time), receivedAt, 'time'),
    receivedAt,
  };
}
