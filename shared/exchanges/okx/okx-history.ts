import { INTERVALS, type Interval, type Trade } from '../../domain/market.ts';
import { RejectError } from '../../errors.ts';
import {
  readArray,
  readBookTop,
  readDigits,
  readEpochText,
  readObject,
  readPositive,
  readText,
} from '../fields.ts';
import type { History, TradesQuery } from '../venue.ts';
import { OKX_BARS, readOkxCandle } from './okx-mapper.ts';
import { okxInstId } from './okx-symbols.ts';

const CANDLES_PER_PAGE = 100;
const TRADES_PER_PAGE = 100;

/**
 * REST history of OKX: candles of years (1s: three months), single trades of three months by id. It pages backwards
 * from `after`, so a page is asked for by its end.
 * https://www.okx.com/docs-v5/en/#order-book-trading-market-data-get-candlesticks-history and -get-trades-history
 */
export const okxHistory: History = {
  ccxtId: 'okx',
  candles: {
    pageSize: CANDLES_PER_PAGE,
    call: ({ symbol, interval, from, to }) => ({
      method: 'publicGetMarketHistoryCandles',
      params: {
        instId: okxInstId(symbol),
        bar: barOf(interval),
        before: from - 1,
        after: Math.min(to, from + CANDLES_PER_PAGE * INTERVALS[interval]),
        limit: CANDLES_PER_PAGE,
      },
    }),
    read: (answer, { symbol, interval }, receivedAt) =>
      readData(answer).map((row) => readOkxCandle(row, symbol, interval, receivedAt)),
  },
  trades: {
    pageSize: TRADES_PER_PAGE,
    call: ({ symbol, fromId }) => ({
      method: 'publicGetMarketHistoryTrades',
      params: {
        instId: okxInstId(symbol),
        type: '1',
        after: Number(fromId) + TRADES_PER_PAGE,
        limit: TRADES_PER_PAGE,
      },
    }),
    read: (answer, query, receivedAt) => readData(answer).map((row) => readTrade(row, query, receivedAt)),
  },
  bookTop: {
    call: (symbol) => ({ method: 'publicGetMarketBooks', params: { instId: okxInstId(symbol), sz: 50 } }),
    read: (answer) => readBookTop(readData(answer)[0]),
  },
};

export function barOf(interval: Interval): string {
  for (const [bar, name] of OKX_BARS) if (name === interval) return bar;
  throw new RejectError(`OKX has no ${interval} candles`, 'interval');
}

/** `{ code: "0", msg: "", data: rows }` */
const readData = (answer: unknown) => readArray(readObject(answer, 'answer').data, 'data');

function readTrade(item: unknown, query: TradesQuery, receivedAt: number): Trade {
  const row = readObject(item, 'trade');
  const side = readText(row.side, 'side');
  if (side !== 'buy' && side !== 'sell') throw new RejectError('side is neither buy nor sell', 'side');
  return {
    type: 'trade',
    venue: 'okx',
    symbol: query.symbol,
    id: readDigits(row.tradeId, 'tradeId'),
    price: readPositive(row.px, 'px'),
    size: readPositive(row.sz, 'sz'),
    side,
    ts: readEpochText(row.ts, receivedAt, 'ts'),
    receivedAt,
  };
}
