import { INTERVALS, type Interval } from '../../../shared/domain/market.ts';
import type { Call, Route } from '../dialect.ts';
import type { Market } from '../market.ts';
import { tradesBetween, wholeNumber } from '../query.ts';
import { RestError } from '../rest-error.ts';
import { price, size } from '../words.ts';
import { makerSide } from './coinbase.ts';

const ROOT = '/api/v3/brokerage';
const GRANULARITIES: Readonly<Record<string, Interval>> = {
  ...{ ONE_MINUTE: '1m', FIVE_MINUTE: '5m', FIFTEEN_MINUTE: '15m', ONE_HOUR: '1h', ONE_DAY: '1d' },
};

/** Coinbase's public REST, by product. */
export const coinbaseRoutes: Route[] = [
  {
    path: `${ROOT}/time`,
    answer: ({ at }) => ({ epochMillis: String(at), iso: new Date(at).toISOString() }),
  },
  { path: `${ROOT}/market/products`, answer: products },
  { path: /^\/api\/v3\/brokerage\/market\/products\/(?<product>[^/]+)\/candles$/, answer: candles },
  { path: /^\/api\/v3\/brokerage\/market\/products\/(?<product>[^/]+)\/ticker$/, answer: trades },
];

/** The newest `limit` between two times in whole seconds, newest first. */
function trades(call: Call) {
  const market = named(call);
  const { listing, book } = market;
  const from = (whole(call, 'start') ?? 0) * 1_000;
  const to = (whole(call, 'end') ?? Math.ceil(call.at / 1_000)) * 1_000;
  const limit = Math.min(1_000, whole(call, 'limit') ?? 100);
  const rows = tradesBetween(market, from, to, limit).map(({ id, ts, ticks, lots, buyerIsMaker }) => ({
    ...{ trade_id: String(id), product_id: call.params.product, price: price(listing, ticks) },
    ...{ size: size(listing, lots), time: new Date(ts).toISOString(), side: makerSide(buyerIsMaker) },
  }));
  const best = (side: 'buy' | 'sell') => price(listing, book.best(side)?.[0] ?? 0);
  return { trades: rows, best_bid: best('buy'), best_ask: best('sell') };
}

/** Between two times in whole seconds, both included; the newest first, 350 at most. */
function candles(call: Call) {
  const { listing, candles: of } = named(call);
  const interval = GRANULARITIES[call.query.get('granularity') ?? ''];
  if (!interval) throw refusal('invalid granularity');
  const ms = INTERVALS[interval];
  const [from, to] = [whole(call, 'start') ?? 0, whole(call, 'end') ?? call.at / 1_000].map(
    (s) => s * 1_000,
  ) as [number, number];
  if ((to - from) / ms > 350) throw refusal('number of candles requested should be less than 350');
  const bars = of.bars(ms, from, to, 350).reverse();
  return {
    candles: bars.map((bar) => ({
      start: String(bar.ts / 1_000),
      ...Object.fromEntries(
        (['low', 'high', 'open', 'close'] as const).map((key) => [key, price(listing, bar[key])]),
      ),
      volume: size(listing, bar.lots),
    })),
  };
}

function products({ markets }: Call) {
  const rows = markets().map(([product_id, { listing }]) => ({
    product_id,
    ...{ base_currency_id: listing.base, quote_currency_id: listing.quote, product_type: 'SPOT' },
    ...{
      base_increment: size(listing, 1),
      quote_increment: price(listing, 1),
      price_increment: price(listing, 1),
    },
    ...{ base_min_size: size(listing, 1), status: 'online', trading_disabled: false, is_disabled: false },
  }));
  return { products: rows, num_products: rows.length };
}

function named({ params, find }: Call): Market {
  const market = find(params.product ?? '');
  if (!market)
    throw new RestError(404, { error: 'NOT_FOUND', error_details: 'valid product_id is required' });
  return market;
}

const whole = ({ query }: Call, name: string) =>
  wholeNumber(query, name, () => refusal(`${name} is not a whole number`));
const refusal = (message: string) => new RestError(400, { error: 'INVALID_ARGUMENT', message });
