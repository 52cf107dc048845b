import { INTERVALS } from '../../domain/market.ts';
import { readArray } from '../fields.ts';
import type { History } from '../venue.ts';
import { type CcxtCandle, type CcxtTrade, mapCandle, mapTrade } from './mapper.ts';

const PAGE = 1000;

/** REST history over ccxt's unified calls, by time; how far it reaches and how long a page is differs by exchange. */
export function ccxtHistory(venue: string, ccxtId: string): History {
  return {
    ccxtId,
    candles: {
      pageSize: PAGE,
      call: ({ symbol, interval, from, to }) => ({
        method: 'fetchOHLCV',
        params: {},
        args: [symbol, interval, from, Math.min(PAGE, Math.ceil((to - from) / INTERVALS[interval]))],
      }),
      read: (answer, { symbol, interval }, receivedAt) =>
        readArray(answer, 'candles').map((row) => {
          const candle = mapCandle(row as CcxtCandle, interval, { venue, symbol, receivedAt });
          return { ...candle, closed: candle.ts + INTERVALS[interval] <= receivedAt };
        }),
    },
    trades: {
      pageSize: PAGE,
      call: ({ symbol, fromTs }) => ({ method: 'fetchTrades', params: {}, args: [symbol, fromTs, PAGE] }),
      read: (answer, { symbol }, receivedAt) =>
        readArray(answer, 'trades').map((row) => mapTrade(row as CcxtTrade, { venue, symbol, receivedAt })),
    },
  };
}
