import { type Candle, INTERVALS, type Trade } from '../../domain/market.ts';
import { RejectError } from '../../errors.ts';
import { readAmount, readArray, readBookTop, readDigits, readObject, readPositive } from '../fields.ts';
import type { CandlesQuery, History, TradesQuery } from '../venue.ts';
import { GATE_INTERVALS, readFineMs, readOpenTime, readSide, spellGateSymbol } from './gate-mapper.ts';

/** "Maximum 1000 data points are allowed per request", both ends counted. */
const CANDLES_PER_CALL = 1000;
const TRADES_PER_CALL = 1000;

/**
 * REST history of Gate: candles of the last 10,000 intervals; trades of 30 days by id, backwards from `last_id`, so
 * that a page is asked for by its end. Whether that id itself is in the page is not documented: pages overlap by one.
 * https://www.gate.com/docs/developers/apiv4/en/#market-k-line-chart and #query-market-transaction-records
 */
export const gateHistory: History = {
  ccxtId: 'gate',
  candles: {
    pageSize: CANDLES_PER_CALL,
    call: ({ symbol, interval, from, to }) => {
      if (!GATE_INTERVALS.includes(interval)) {
        throw new RejectError(`Gate has no ${interval} candles`, 'interval');
      }
      const end = Math.min(to, from + CANDLES_PER_CALL * INTERVALS[interval]) - 1;
      return {
        method: 'publicSpotGetCandlesticks',
        params: {
          currency_pair: spellGateSymbol(symbol),
          interval,
          from: Math.ceil(from / 1000),
          to: Math.floor(end / 1000),
        },
      };
    },
    read: (answer, query, receivedAt) =>
      readArray(answer, 'answer').map((row) => readCandle(row, query, receivedAt)),
  },
  trades: {
    pageSize: TRADES_PER_CALL,
    call: ({ symbol, fromId }) => ({
      method: 'publicSpotGetTrades',
      params: {
        currency_pair: spellGateSymbol(symbol),
        last_id: String(Number(fromId) + TRADES_PER_CALL - 1),
        reverse: 'true',
        limit: TRADES_PER_CALL,
      },
    }),
    read: (answer, query, receivedAt) =>
      readArray(answer, 'answer').map((row) => readTrade(row, query, receivedAt)),
  },
  bookTop: {
    call: (symbol) => ({
      method: 'publicSpotGetOrderBook',
      params: { currency_pair: spellGateSymbol(symbol), limit: 50 },
    }),
    read: (answer) => readBookTop(answer),
  },
};

/** `[open time in s, quote volume, close, high, low, open, base volume, "false" while it is open]`, all texts. */
function readCandle(row: unknown, { symbol, interval }: CandlesQuery, receivedAt: number): Candle {
  const [time, , close, high, low, open, volume, closed] = readArray(row, 'candle');
  const ts = readOpenTime(time, interval, receivedAt);
  return {
    type: 'candle',
    venue: 'gate',
    symbol,
    interval,
    open: readPositive(open, 'open'),
    high: readPositive(high, 'high'),
    low: readPositive(low, 'low'),
    close: readPositive(close, 'close'),
    volume: readAmount(volume, 'volume'),
    closed: closed !== 'false' && ts + INTERVALS[interval] <= receivedAt,
    ts,
    receivedAt,
  };
}

/** `sequence_id`: "a consecutive trade ID within a single market", the `id_market` of the stream. */
function readTrade(item: unknown, { symbol }: TradesQuery, receivedAt: number): Trade {
  const row = readObject(item, 'trade');
  return {
    type: 'trade',
    venue: 'gate',
    symbol,
    id: readDigits(row.sequence_id ?? row.id, 'sequence_id'),
    price: readPositive(row.price, 'price'),
    size: readPositive(row.amount, 'amount'),
    side: readSide(row.side),
    ts: readFineMs(row.create_time_ms, receivedAt, 'create_time_ms'),
    receivedAt,
  };
}
