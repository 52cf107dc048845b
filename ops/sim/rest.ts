import { INTERVALS, isInterval } from '../../shared/domain/market.ts';
import { exchangeInfo } from './exchange-info.ts';
import { aggTradeRow, klineRow, tradeRow, wireLevels } from './frames.ts';
import type { Market } from './market.ts';
import { RestError } from './rest-error.ts';
import type { SimVenue } from './venue.ts';

type Query = URLSearchParams;
type Route = {
  weight: (query: Query) => number;
  answer: (venue: SimVenue, query: Query, at: number) => unknown;
};

/**
 * Binance spot's public REST, by path. https://developers.binance.com/docs/binance-spot-api-docs/rest-api
 * Answers throw `RestError` for bad parameters. Private calls will join this table.
 */
export const ROUTES: Record<string, Route> = {
  '/api/v3/ping': { weight: () => 1, answer: () => ({}) },
  '/api/v3/time': { weight: () => 1, answer: (_venue, _query, at) => ({ serverTime: at }) },
  '/api/v3/exchangeInfo': { weight: () => 20, answer: exchangeInfo },
  '/api/v3/depth': { weight: depthWeight, answer: depth },
  '/api/v3/klines': { weight: () => 2, answer: klines },
  '/api/v3/trades': { weight: () => 25, answer: recentTrades },
  '/api/v3/historicalTrades': { weight: () => 25, answer: olderTrades },
  '/api/v3/aggTrades': { weight: () => 4, answer: aggregateTrades },
};

function depthWeight(query: Query): number {
  const limit = Number(query.get('limit') ?? 100);
  if (limit <= 100) return 5;
  if (limit <= 500) return 25;
  return limit <= 1_000 ? 50 : 250;
}

function depth(venue: SimVenue, query: Query) {
  const { listing, book } = marketOf(venue, query);
  const limit = limitOf(query, 100, 5_000);
  return {
    lastUpdateId: book.updateId,
    bids: wireLevels(listing, book.levels('buy', limit)),
    asks: wireLevels(listing, book.levels('sell', limit)),
  };
}

/** With a start, the oldest candles from there; without one, the newest up to the end. */
function klines(venue: SimVenue, query: Query) {
  const { listing, candles } = marketOf(venue, query);
  const interval = query.get('interval');
  if (!interval) throw missing('interval');
  if (!isInterval(interval)) throw new RestError(-1120, 'Invalid interval.');
  const ms = INTERVALS[interval];
  const limit = limitOf(query, 500, 1_000);
  const startTs = wholeOf(query, 'startTime');
  const endTs = wholeOf(query, 'endTime') ?? Number.MAX_SAFE_INTEGER;
  const bars =
    startTs === undefined ? candles.newestBars(ms, endTs, limit) : candles.bars(ms, startTs, endTs, limit);
  return bars.map((bar) => klineRow(listing, ms, bar));
}

function recentTrades(venue: SimVenue, query: Query) {
  const { listing, tape } = marketOf(venue, query);
  const limit = limitOf(query, 500, 1_000);
  return tape.from(tape.nextId - limit, limit).map((trade) => tradeRow(listing, trade));
}

/** Trades from `fromId` on; an id that is older than what is kept starts at the oldest kept. */
function olderTrades(venue: SimVenue, query: Query) {
  const { listing, tape } = marketOf(venue, query);
  const limit = limitOf(query, 500, 1_000);
  const fromId = wholeOf(query, 'fromId') ?? tape.nextId - limit;
  return tape.from(fromId, limit).map((trade) => tradeRow(listing, trade));
}

function aggregateTrades(venue: SimVenue, query: Query) {
  const { listing, tape } = marketOf(venue, query);
  const limit = limitOf(query, 500, 1_000);
  const fromId = wholeOf(query, 'fromId');
  const startTs = wholeOf(query, 'startTime');
  const endTs = wholeOf(query, 'endTime');
  if (fromId !== undefined && (startTs !== undefined || endTs !== undefined)) {
    throw new RestError(-1128, 'Combination of optional parameters invalid.');
  }
  const endId = endTs === undefined ? tape.nextId : tape.idAt(endTs + 1);
  const start = fromId ?? (startTs === undefined ? endId - limit : tape.idAt(startTs));
  const count = Math.min(limit, endId - Math.max(start, tape.firstId));
  return tape.from(start, count).map((trade) => aggTradeRow(listing, trade));
}

/** The market that a query's `symbol` names. */
export function marketOf(venue: SimVenue, query: Query): Market {
  const symbol = query.get('symbol');
  if (!symbol) throw missing('symbol');
  const legal = '^[A-Z0-9-_.]{1,20}$';
  if (!new RegExp(legal).test(symbol)) throw illegal('symbol', legal);
  const market = venue.markets.get(symbol);
  if (!market) throw new RestError(-1121, 'Invalid symbol.');
  return market;
}

/** A parameter that is a whole number, undefined when it was not sent. */
export function wholeOf(query: Query, name: string): number | undefined {
  const text = query.get(name);
  if (text === null) return undefined;
  const legal = '^[0-9]{1,20}$';
  if (!new RegExp(legal).test(text)) throw illegal(name, legal);
  return Number(text);
}

function limitOf(query: Query, fallback: number, max: number): number {
  const limit = wholeOf(query, 'limit') ?? fallback;
  if (limit === 0) throw new RestError(-1130, "Data sent for parameter 'limit' is not valid.");
  return Math.min(limit, max);
}

const missing = (name: string) =>
  new RestError(-1102, `Mandatory parameter '${name}' was not sent, was empty/null, or malformed.`);

const illegal = (name: string, legal: string) =>
  new RestError(-1100, `Illegal characters found in parameter '${name}'; legal range is '${legal}'.`);
