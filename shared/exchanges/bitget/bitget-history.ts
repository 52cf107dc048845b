import { INTERVALS } from '../../domain/market.ts';
import { readArray, readBookTop, readObject } from '../fields.ts';
import type { CandlesQuery, History } from '../venue.ts';
import { lengthCode, readBitgetCandle, readBitgetTrade } from './bitget-rows.ts';
import { type BitgetMarket, spellBitgetSymbol } from './bitget-symbols.ts';

const CANDLES_PER_CALL = 200;
const TRADES_PER_CALL = 1000;
/** The venue has those of 90 days; no more of them than this are asked for at once. */
export const NEWEST_TRADES = 100 * TRADES_PER_CALL;
/** Futures answer no more than 90 days in one call. */
const LONGEST_SPAN_MS = 89 * 86_400_000;

/** What spot's REST calls a candle length; futures have the words of the stream. */
const SPOT_LENGTHS: Readonly<Record<string, string>> = {
  ...{ '1m': '1min', '5m': '5min', '15m': '15min', '1h': '1h', '4h': '4h', '1d': '1Dutc' },
};

/**
 * REST history of Bitget v2: candles backwards from a time, so that a page is asked for by its end; whether that end
 * itself is in the page is not documented, so that pages are asked for one candle short. Trades backwards from the
 * newest.
 * https://www.bitget.com/docs/classic/spot/market/Get-History-Candle-Data and Get-Market-Trades
 */
export function bitgetHistory(market: BitgetMarket): History {
  const path = market === 'spot' ? 'publicSpotGetV2SpotMarket' : 'publicMixGetV2MixMarket';
  const product = (symbol: string) => {
    const { instId, instType } = spellBitgetSymbol(symbol, market);
    return { symbol: instId, ...(market === 'futures' && { productType: instType }) };
  };
  return {
    ccxtId: 'bitget',
    candles: {
      pageSize: CANDLES_PER_CALL,
      spanMs: spanOf,
      call: (query) => ({
        method: `${path}HistoryCandles`,
        params: {
          ...product(query.symbol),
          granularity: granularityOf(query, market),
          endTime: Math.min(query.to, query.from + spanOf(query)),
          limit: CANDLES_PER_CALL,
        },
      }),
      read: (answer, { symbol, interval }, receivedAt) =>
        readData(answer).map((row) => {
          const candle = readBitgetCandle(row, symbol, interval, receivedAt);
          return { ...candle, closed: candle.ts + INTERVALS[interval] <= receivedAt };
        }),
    },
    trades: {
      pageSize: TRADES_PER_CALL,
      call: ({ symbol, beforeId }) => ({
        method: `${path}FillsHistory`,
        params: {
          ...product(symbol),
          limit: TRADES_PER_CALL,
          ...(beforeId !== undefined && { idLessThan: beforeId }),
        },
      }),
      read: (answer, { symbol }, receivedAt) =>
        readData(answer)
          .map((row) => readBitgetTrade(row, symbol, receivedAt))
          .reverse(),
    },
    // Futures answer in JSON numbers, whose digits are not the stream's.
    ...(market === 'spot' && {
      bookTop: {
        call: (symbol) => ({ method: `${path}Orderbook`, params: { ...product(symbol), limit: 50 } }),
        read: (answer) => readBookTop(readObject(answer, 'answer').data),
      },
    }),
  };
}

const spanOf = ({ interval }: CandlesQuery) =>
  Math.min((CANDLES_PER_CALL - 1) * INTERVALS[interval], LONGEST_SPAN_MS);

function granularityOf({ interval }: CandlesQuery, market: BitgetMarket): string {
  const code = lengthCode(interval);
  return (market === 'spot' && SPOT_LENGTHS[interval]) || code;
}

/** `{ code: "00000", msg: "success", requestTime, data: rows }` */
const readData = (answer: unknown) => readArray(readObject(answer, 'answer').data, 'data');
