import { type Candle, INTERVALS, type Interval, type Trade } from '../../domain/market.ts';
import { RejectError, UserError } from '../../errors.ts';
import { readAmount, readArray, readDigits, readEpoch, readObject, readPositive } from '../fields.ts';
import type { CandlesQuery, History, TradesQuery } from '../venue.ts';
import { KUCOIN_INTERVALS, readLevels, readNanoseconds } from './kucoin-mapper.ts';
import { spellKucoinSymbol } from './kucoin-symbols.ts';

const CANDLES_PER_CALL = 1500;
const NEWEST_TRADES = 100;
const WEIGHT = 3;
const BOOK_WEIGHT = 4;

const candlesSpan = ({ interval }: CandlesQuery) => CANDLES_PER_CALL * INTERVALS[interval];

/**
 * REST history of KuCoin: candles by time, newest first, those without trades absent; of trades the newest hundred;
 * of books the best hundred levels.
 * https://www.kucoin.com/docs-new/rest/spot-trading/market-data/get-klines, get-trade-history and get-part-orderbook
 */
export const kucoinHistory: History = {
  ccxtId: 'kucoin',
  candles: {
    pageSize: CANDLES_PER_CALL,
    spanMs: candlesSpan,
    call: (query) => ({
      method: 'publicGetMarketCandles',
      params: {
        symbol: spellKucoinSymbol(query.symbol),
        type: intervalName(query.interval),
        startAt: Math.ceil(query.from / 1000),
        endAt: Math.ceil(Math.min(query.to, query.from + candlesSpan(query)) / 1000) - 1,
      },
      weight: WEIGHT,
    }),
    read: (answer, query, receivedAt) => readRows(answer).map((row) => readCandle(row, query, receivedAt)),
  },
  trades: {
    pageSize: NEWEST_TRADES,
    call: ({ symbol }) => ({
      method: 'publicGetMarketHistories',
      params: { symbol: spellKucoinSymbol(symbol) },
      weight: WEIGHT,
    }),
    read: (answer, query, receivedAt) =>
      readRows(answer)
        .map((row) => readTrade(row, query, receivedAt))
        .sort((a, b) => (BigInt(a.id) < BigInt(b.id) ? -1 : 1)),
  },
  bookTop: {
    call: (symbol) => ({
      method: 'publicGetMarketOrderbookLevel2100',
      params: { symbol: spellKucoinSymbol(symbol) },
      weight: BOOK_WEIGHT,
    }),
    read: (answer) => {
      const data = readObject(readObject(answer, 'answer').data, 'data');
      return { bids: readLevels(data.bids, 'bids'), asks: readLevels(data.asks, 'asks') };
    },
  },
};

/** `1h` → `1hour`. @throws {UserError} for an interval that KuCoin has not */
export function intervalName(interval: Interval): string {
  for (const [name, ours] of KUCOIN_INTERVALS) if (ours === interval) return name;
  throw new UserError(
    `KuCoin has no ${interval} candles: use some of ${[...KUCOIN_INTERVALS.values()].join(', ')}`,
  );
}

/** `{ code: "200000", data: rows }` */
const readRows = (answer: unknown) => readArray(readObject(answer, 'answer').data, 'data');

/** `[open time in s, open, close, high, low, volume, turnover]` */
function readCandle(row: unknown, { symbol, interval }: CandlesQuery, receivedAt: number): Candle {
  const [time, open, close, high, low, volume] = readArray(row, 'candle');
  const ts = readEpoch(Number(readDigits(time, 'time')) * 1000, receivedAt, 'time');
  return {
    type: 'candle',
    venue: 'kucoin',
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

/** `sequence` is what the stream calls `ti`; `side` is the taker's. */
function readTrade(item: unknown, { symbol }: TradesQuery, receivedAt: number): Trade {
  const row = readObject(item, 'trade');
  const { side } = row;
  if (side !== 'buy' && side !== 'sell') throw new RejectError('side is neither buy nor sell', 'side');
  return {
    type: 'trade',
    venue: 'kucoin',
    symbol,
    id: readDigits(row.sequence, 'sequence'),
    price: readPositive(row.price, 'price'),
    size: readPositive(row.size, 'size'),
    side,
    ts: readNanoseconds(nearest(row.time), receivedAt, 'time'),
    receivedAt,
  };
}

/** ccxt has made a float of the nanoseconds, off by 128 at most: without them a whole millisecond would be cut short. */
const nearest = (time: unknown) => (Number.isInteger(time) ? String(BigInt(time as number) + 128n) : time);
