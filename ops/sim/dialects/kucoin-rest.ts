import { INTERVALS } from '../../../shared/domain/market.ts';
import { KUCOIN_INTERVALS } from '../../../shared/exchanges/kucoin/kucoin-mapper.ts';
import type { Call, Route } from '../dialect.ts';
import { marketOf, tradesBefore, wholeNumber } from '../query.ts';
import { RestError } from '../rest-error.ts';
import { levels, notional, price, size } from '../words.ts';

const NEWEST_TRADES = 100;
const BOOK_LEVELS = 100;
const CANDLES_PER_CALL = 1500;

/** KuCoin's public REST. https://www.kucoin.com/docs-new/rest/spot-trading/market-data */
export const kucoinRoutes: readonly Route[] = [
  { path: '/api/v1/timestamp', weight: () => 3, answer: ({ at }) => ok(at) },
  { path: '/api/v2/symbols', weight: () => 4, answer: symbols },
  { path: '/api/v1/market/allTickers', weight: () => 15, answer: ({ at }) => ok({ time: at, ticker: [] }) },
  { path: '/api/v1/contracts/active', weight: () => 3, answer: () => ok([]) },
  { path: '/api/v1/market/orderbook/level2_100', weight: () => 4, answer: bookTop },
  { path: '/api/v1/market/histories', weight: () => 3, answer: trades },
  { path: '/api/v1/market/candles', weight: () => 3, answer: candles },
];

/** The best hundred levels. */
function bookTop(call: Call): unknown {
  const { book, listing } = marketOf(call, 'symbol', () => refusal('symbol not exists'));
  const [bids, asks] = [book.levels('buy', BOOK_LEVELS), book.levels('sell', BOOK_LEVELS)];
  return ok({
    ...{ time: call.at, sequence: String(book.updateId) },
    ...{ bids: levels(listing, bids), asks: levels(listing, asks) },
  });
}

/** The newest hundred, with times in nanoseconds. */
function trades(call: Call): unknown {
  const market = marketOf(call, 'symbol', () => refusal('symbol not exists'));
  const { listing, tape } = market;
  return ok(
    tradesBefore(market, tape.nextId, NEWEST_TRADES).map(({ id, ts, ticks, lots, buyerIsMaker }) => ({
      ...{ sequence: String(id), price: price(listing, ticks), size: size(listing, lots) },
      ...{ side: buyerIsMaker ? 'sell' : 'buy', time: ts * 1_000_000 },
    })),
  );
}

/** Newest first, those without a trade left out. */
function candles(call: Call): unknown {
  const { listing, candles: kept } = marketOf(call, 'symbol', () => refusal('symbol not exists'));
  const interval = KUCOIN_INTERVALS.get(call.query.get('type') ?? '');
  if (!interval) throw refusal('type is invalid');
  const seconds = (name: string) => wholeNumber(call.query, name, () => refusal(`${name} is invalid`));
  const [from, to] = [seconds('startAt') ?? 0, seconds('endAt') || Math.floor(call.at / 1000)];
  const bars = kept.newestBars(INTERVALS[interval], to * 1000, CANDLES_PER_CALL);
  const traded = bars.filter(({ ts, trades }) => ts >= from * 1000 && trades > 0);
  return ok(
    traded
      .reverse()
      .map((bar) => [
        String(bar.ts / 1000),
        ...[bar.open, bar.close, bar.high, bar.low].map((ticks) => price(listing, ticks)),
        size(listing, bar.lots),
        notional(listing, bar.quote),
      ]),
  );
}

function symbols({ markets }: Call): unknown {
  return ok(
    markets().map(([wire, { listing }]) => ({
      ...{ symbol: wire, name: wire, baseCurrency: listing.base, quoteCurrency: listing.quote },
      ...{ priceIncrement: price(listing, 1), baseIncrement: size(listing, 1), enableTrading: true },
    })),
  );
}

const ok = (data: unknown) => ({ code: '200000', data });
const refusal = (msg: string) => new RestError(400, { code: '400100', msg });
