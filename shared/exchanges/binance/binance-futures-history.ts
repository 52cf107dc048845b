import { INTERVALS } from '../../domain/market.ts';
import { readArray } from '../fields.ts';
import type { History } from '../venue.ts';
import type { Spelling } from './binance-futures-symbols.ts';
import { readBinanceAggTrade, readBinanceKline } from './binance-history.ts';

const CANDLES_PER_PAGE = 1000;
/** COIN-M answers no wider range: "the query range of startTime and endTime must be within 200 days". */
const WIDEST_MS = 200 * 86_400_000;

/** REST history of Binance futures: klines, aggregated trades by id, whole books; COIN-M counts in contracts. */
export function binanceFuturesHistory(rest: 'fapi' | 'dapi', { join }: Spelling): History {
  return {
    ccxtId: 'binance',
    candles: {
      pageSize: CANDLES_PER_PAGE,
      call: ({ symbol, interval, from, to }) => {
        const end = Math.min(to, from + CANDLES_PER_PAGE * INTERVALS[interval], from + WIDEST_MS);
        const range = { startTime: from, endTime: end - 1, limit: CANDLES_PER_PAGE };
        const params = { symbol: join(symbol), interval, ...range };
        return { method: `${rest}PublicGetKlines`, params, weight: 5 };
      },
      read: (answer, query, receivedAt) =>
        readArray(answer, 'klines').map((row) => readBinanceKline(row, 'binance', query, receivedAt)),
    },
    trades: {
      pageSize: 1000,
      call: ({ symbol, fromId }) => ({
        method: `${rest}PublicGetAggTrades`,
        params: { symbol: join(symbol), fromId, limit: 1000 },
        weight: 20,
      }),
      read: (answer, query, receivedAt) =>
        readArray(answer, 'trades').map((row) => readBinanceAggTrade(row, 'binance', query, receivedAt)),
    },
    book: (symbol) => [
      { method: `${rest}PublicGetDepth`, params: { symbol, limit: 1000 }, weight: 20 },
      { method: `${rest}PublicGetDepth`, params: { symbol, limit: 500 }, weight: 10 },
      { method: `${rest}PublicGetDepth`, params: { symbol, limit: 100 }, weight: 5 },
    ],
  };
}
