import { INTERVALS, isInterval } from '../../../shared/domain/market.ts';
import type { Bar } from '../candles.ts';
import type { Call, Route } from '../dialect.ts';
import { type Listing, notionalToWire } from '../listing.ts';
import type { Market } from '../market.ts';
import { wholeNumber } from '../query.ts';
import { binanceError } from '../rest-error.ts';
import type { TapeTrade } from '../tape.ts';
import type { BinanceMarket } from './binance.ts';
import { digitsOf } from './binance-frames.ts';
import { exchangeInfo } from './binance-info.ts';

const ROOTS: Record<BinanceMarket, string> = { spot: '/api/v3', usdm: '/fapi/v1', coinm: '/dapi/v1' };

/**
 * Binance's public REST. https://developers.binance.com/docs/binance-spot-api-docs/rest-api
 * A refusal has Binance's code and words.
 */
export function binanceRoutes(market: BinanceMarket): Route[] {
  const root = ROOTS[market];
  const isSpot = market === 'spot';
  const at = (path: string, weight: number | Route['weight'], answer: Route['answer']): Route => ({
    path: root + path,
    weight: typeof weight === 'number' ? () => weight : (weight ?? (() => 1)),
    answer,
  });
  return [
    at('/ping', 1, () => ({})),
    at('/time', 1, (call) => ({ serverTime: call.at })),
    at('/exchangeInfo', isSpot ? 20 : 1, (call) => exchangeInfo(market, call)),
    at('/depth', isSpot ? spotDepthWeight : futuresDepthWeight, (call) =>
      wholeBook(market, marketOf(call), limitOf(call, 100, isSpot ? 5_000 : 1_000), call.at),
    ),
    at('/klines', isSpot ? 2 : 5, (call) => klines(market, call)),
    at('/trades', isSpot ? 25 : 5, (call) => recentTrades(market, call)),
    at('/historicalTrades', isSpot ? 25 : 20, (call) => olderTrades(market, call)),
    at('/aggTrades', isSpot ? 4 : 20, (call) => aggregateTrades(market, call)),
  ];
}

/** The best `limit` levels as they stand. */
export function wholeBook(market: BinanceMarket, { listing, book }: Market, limit: number, at: number) {
  const { level } = digitsOf(market);
  return {
    lastUpdateId: book.updateId,
    ...(market !== 'spot' && { E: at, T: at }),
    bids: book.levels('buy', limit).map((each) => level(listing, each)),
    asks: book.levels('sell', limit).map((each) => level(listing, each)),
  };
}

function spotDepthWeight(query: URLSearchParams): number {
  const limit = Number(query.get('limit') ?? 100);
  if (limit <= 100) return 5;
  if (limit <= 500) return 25;
  return limit <= 1_000 ? 50 : 250;
}

function futuresDepthWeight(query: URLSearchParams): number {
  const limit = Number(query.get('limit') ?? 500);
  if (limit <= 50) return 2;
  if (limit <= 100) return 5;
  return limit <= 500 ? 10 : 20;
}

/** With a start, the oldest candles from there; without one, the newest up to the end. */
function klines(market: BinanceMarket, call: Call) {
  const { listing, candles } = marketOf(call);
  const interval = call.query.get('interval');
  if (!interval) throw missing('interval');
  if (!isInterval(interval)) throw binanceError(-1120, 'Invalid interval.');
  const ms = INTERVALS[interval];
  const limit = limitOf(call, 500, 1_000);
  const startTs = wholeOf(call, 'startTime');
  const endTs = wholeOf(call, 'endTime') ?? Number.MAX_SAFE_INTEGER;
  const bars =
    startTs === undefined ? candles.newestBars(ms, endTs, limit) : candles.bars(ms, startTs, endTs, limit);
  return bars.map((bar) => klineRow(market, listing, ms, bar));
}

/** Open time, open, high, low, close, volume, close time, quote volume, trades, taker base, taker quote. */
function klineRow(market: BinanceMarket, listing: Listing, intervalMs: number, bar: Bar) {
  const { price, size } = digitsOf(market);
  return [
    bar.ts,
    ...[bar.open, bar.high, bar.low, bar.close].map((ticks) => price(listing, ticks)),
    size(listing, bar.lots),
    bar.ts + intervalMs - 1,
    notionalToWire(bar.quote, listing),
    bar.trades,
    size(listing, bar.takerLots),
    notionalToWire(bar.takerQuote, listing),
    '0',
  ];
}

function recentTrades(market: BinanceMarket, call: Call) {
  const { listing, tape } = marketOf(call);
  const limit = limitOf(call, 500, 1_000);
  return tape.from(tape.nextId - limit, limit).map((trade) => tradeRow(market, listing, trade));
}

/** Trades from `fromId` on; an id that is older than what is kept starts at the oldest kept. */
function olderTrades(market: BinanceMarket, call: Call) {
  const { listing, tape } = marketOf(call);
  const limit = limitOf(call, 500, 1_000);
  const fromId = wholeOf(call, 'fromId') ?? tape.nextId - limit;
  return tape.from(fromId, limit).map((trade) => tradeRow(market, listing, trade));
}

function aggregateTrades(market: BinanceMarket, call: Call) {
  const { listing, tape } = marketOf(call);
  const limit = limitOf(call, 500, 1_000);
  const [fromId, startTs, endTs] = ['fromId', 'startTime', 'endTime'].map((name) => wholeOf(call, name));
  if (fromId !== undefined && (startTs !== undefined || endTs !== undefined)) {
    throw binanceError(-1128, 'Combination of optional parameters invalid.');
  }
  const endId = endTs === undefined ? tape.nextId : tape.idAt(endTs + 1);
  const start = fromId ?? (startTs === undefined ? endId - limit : tape.idAt(startTs));
  const count = Math.min(limit, endId - Math.max(start, tape.firstId));
  const { price, size } = digitsOf(market);
  return tape.from(start, count).map(({ id, ts, ticks, lots, buyerIsMaker }) => ({
    ...{ a: id, p: price(listing, ticks), q: size(listing, lots), f: id, l: id, T: ts, m: buyerIsMaker },
    ...(market === 'spot' && { M: true }),
  }));
}

function tradeRow(market: BinanceMarket, listing: Listing, { id, ts, ticks, lots, buyerIsMaker }: TapeTrade) {
  const { price, size } = digitsOf(market);
  const quoteQty = notionalToWire(BigInt(ticks) * BigInt(lots), listing);
  return {
    ...{ id, price: price(listing, ticks), qty: size(listing, lots), quoteQty, time: ts },
    ...{ isBuyerMaker: buyerIsMaker, isBestMatch: true },
  };
}

/** The market that a call's `symbol` names. */
function marketOf({ query, find }: Call): Market {
  const symbol = query.get('symbol');
  if (!symbol) throw missing('symbol');
  const legal = '^[A-Z0-9-_.]{1,20}$';
  if (!new RegExp(legal).test(symbol)) throw illegal('symbol', legal);
  const market = find(symbol);
  if (!market) throw binanceError(-1121, 'Invalid symbol.');
  return market;
}

const wholeOf = ({ query }: Call, name: string) =>
  wholeNumber(query, name, () => illegal(name, '^[0-9]{1,20}$'));

function limitOf(call: Call, fallback: number, max: number): number {
  const limit = wholeOf(call, 'limit') ?? fallback;
  if (limit === 0) throw binanceError(-1130, "Data sent for parameter 'limit' is not valid.");
  return Math.min(limit, max);
}

const missing = (name: string) =>
  binanceError(-1102, `Mandatory parameter '${name}' was not sent, was empty/null, or malformed.`);

const illegal = (name: string, legal: string) =>
  binanceError(-1100, `Illegal characters found in parameter '${name}'; legal range is '${legal}'.`);
