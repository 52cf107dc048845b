import { type Candle, INTERVALS, type Trade } from '../../domain/market.ts';
import { RejectError } from '../../errors.ts';
import { readArray } from '../fields.ts';
import type { CandlesQuery, History, TradesQuery } from '../venue.ts';
import { timeFrame } from './bitfinex-channels.ts';
import { readBitfinexCandle, readBitfinexTrade } from './bitfinex-rows.ts';
import { spellBitfinexSymbol } from './bitfinex-symbols.ts';

const ROWS_PER_CALL = 10_000;
/** 30 and 15 calls a minute of 90. */
const CANDLES_WEIGHT = 3;
const TRADES_WEIGHT = 6;

/**
 * REST history of Bitfinex: candles and trades by time, oldest first, up to 10,000 a call. Candles in which nothing
 * was traded are absent.
 * https://docs.bitfinex.com/reference/rest-public-candles and rest-public-trades
 */
export const bitfinexHistory: History = {
  ccxtId: 'bitfinex',
  candles: {
    pageSize: ROWS_PER_CALL,
    call: ({ symbol, interval, from, to }) => ({
      method: 'publicGetCandlesTradeTimeframeSymbolHist',
      params: {
        timeframe: timeFrame(interval),
        symbol: spellBitfinexSymbol(symbol),
        start: from,
        end: to - 1,
        sort: 1,
        limit: ROWS_PER_CALL,
      },
      weight: CANDLES_WEIGHT,
    }),
    read: (answer, query, receivedAt) =>
      readArray(answer, 'answer').map((row) => readCandle(row, query, receivedAt)),
  },
  trades: {
    pageSize: ROWS_PER_CALL,
    call: ({ symbol, fromTs }) => {
      if (fromTs === undefined) {
        throw new RejectError('Bitfinex pages trades by time: fromTs is needed', 'fromTs');
      }
      return {
        method: 'publicGetTradesSymbolHist',
        params: { symbol: spellBitfinexSymbol(symbol), start: fromTs, sort: 1, limit: ROWS_PER_CALL },
        weight: TRADES_WEIGHT,
      };
    },
    read: (answer, query, receivedAt) =>
      readArray(answer, 'answer').map((row) => readTrade(row, query, receivedAt)),
  },
};

function readCandle(row: unknown, { symbol, interval }: CandlesQuery, receivedAt: number): Candle {
  const candle = readBitfinexCandle(asTexts(row), symbol, interval, receivedAt);
  return { ...candle, closed: candle.ts + INTERVALS[interval] <= receivedAt };
}

const readTrade = (row: unknown, { symbol }: TradesQuery, receivedAt: number): Trade =>
  readBitfinexTrade(asTexts(row), symbol, receivedAt);

/** ccxt has parsed the numbers by now; of what Bitfinex sends, 8 decimals at most, a float keeps every digit. */
const asTexts = (row: unknown): string[] => readArray(row, 'row').map(String);
