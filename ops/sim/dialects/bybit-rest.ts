import { INTERVALS } from '../../../shared/domain/market.ts';
import type { Call, Route } from '../dialect.ts';
import type { Market } from '../market.ts';
import { marketOf, tradesBefore, wholeNumber } from '../query.ts';
import { RestError } from '../rest-error.ts';
import { level, notional, price, size } from '../words.ts';
import { BYBIT_INTERVALS, type BybitMarket, bybitTradeId } from './bybit.ts';

/** Bybit's public REST; every answer is `{ retCode, retMsg, result }`. Of trades there are only the newest. */
export function bybitRoutes(market: BybitMarket): Route[] {
  const at = (path: string, answer: (call: Call) => object): Route => ({
    path: `/v5/market${path}`,
    answer: (call) => ({
      ...{ retCode: 0, retMsg: 'OK', result: { category: market, ...answer(call) } },
      ...{ retExtInfo: {}, time: call.at },
    }),
  });
  return [
    at('/time', (call) => ({ timeSecond: String(Math.floor(call.at / 1_000)) })),
    at('/instruments-info', (call) => ({ list: instruments(market, call), nextPageCursor: '' })),
    at('/recent-trade', (call) => ({ list: recentTrades(market, call) })),
    at('/kline', (call) => ({ symbol: call.query.get('symbol'), list: klines(call) })),
    at('/orderbook', orderbook),
  ];
}

function recentTrades(market: BybitMarket, call: Call) {
  const of = named(call);
  const most = market === 'spot' ? 60 : 1_000;
  const limit = Math.min(most, whole(call, 'limit') ?? most);
  return tradesBefore(of, of.tape.nextId, limit).map(({ id, ts, ticks, lots, buyerIsMaker }) => ({
    execId: bybitTradeId(market, id),
    symbol: call.query.get('symbol'),
    price: price(of.listing, ticks),
    size: size(of.listing, lots),
    side: buyerIsMaker ? 'Sell' : 'Buy',
    time: String(ts),
    isBlockTrade: false,
  }));
}

/** Between `start` and `end`, both included; the newest first. */
function klines(call: Call) {
  const { listing, candles } = named(call);
  const interval = BYBIT_INTERVALS[call.query.get('interval') ?? ''];
  if (!interval) throw refusal(10001, 'Invalid period!');
  const limit = Math.min(1_000, whole(call, 'limit') ?? 200);
  const start = whole(call, 'start') ?? 0;
  const end = whole(call, 'end') ?? call.at;
  return candles
    .newestBars(INTERVALS[interval], end, limit)
    .filter(({ ts }) => ts >= start)
    .reverse()
    .map((bar) => [
      String(bar.ts),
      ...[bar.open, bar.high, bar.low, bar.close].map((ticks) => price(listing, ticks)),
      size(listing, bar.lots),
      notional(listing, bar.quote),
    ]);
}

function orderbook(call: Call) {
  const { listing, book, ts } = named(call);
  const limit = whole(call, 'limit') ?? 25;
  const side = (of: 'buy' | 'sell') => book.levels(of, limit).map((each) => level(listing, each));
  const ids = { ts, u: book.updateId, seq: book.updateId };
  return { s: call.query.get('symbol'), b: side('buy'), a: side('sell'), ...ids };
}

function instruments(market: BybitMarket, { markets }: Call) {
  return markets().map(([symbol, { listing }]) => ({
    symbol,
    baseCoin: listing.base,
    quoteCoin: listing.quote,
    status: 'Trading',
    ...(market !== 'spot' && {
      contractType: market === 'linear' ? 'LinearPerpetual' : 'InversePerpetual',
      settleCoin: market === 'inverse' ? listing.base : listing.quote,
      deliveryTime: '0',
    }),
    priceFilter: { tickSize: price(listing, 1), minPrice: price(listing, 1), maxPrice: '1999999.80' },
    lotSizeFilter: {
      ...{ basePrecision: size(listing, 1), qtyStep: size(listing, 1) },
      ...{ minOrderQty: size(listing, 1), maxOrderQty: '1190.000' },
    },
  }));
}

const named = (call: Call): Market => marketOf(call, 'symbol', () => refusal(10001, 'Not supported symbols'));
const whole = ({ query }: Call, name: string) =>
  wholeNumber(query, name, () => refusal(10001, `Invalid ${name}`));
const refusal = (retCode: number, retMsg: string) =>
  new RestError(200, { retCode, retMsg, result: {}, retExtInfo: {} });
