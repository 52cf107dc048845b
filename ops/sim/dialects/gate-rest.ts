import { INTERVALS, isInterval } from '../../../shared/domain/market.ts';
import type { Call, Route } from '../dialect.ts';
import type { Listing } from '../listing.ts';
import { marketOf, tradesBefore, tradesBetween, wholeNumber } from '../query.ts';
import { RestError } from '../rest-error.ts';
import type { TapeTrade } from '../tape.ts';
import { notional, price, size } from '../words.ts';

const ROOT = '/api/v4/spot';
const MOST = 1_000;

/** Gate's public REST. https://www.gate.com/docs/developers/apiv4/en/#spot */
export const gateRoutes: Route[] = [
  { path: `${ROOT}/candlesticks`, answer: candlesticks },
  { path: `${ROOT}/trades`, answer: trades },
  { path: `${ROOT}/time`, answer: ({ at }) => ({ server_time: at }) },
];

function candlesticks(call: Call) {
  const { listing, candles } = pairOf(call);
  const interval = call.query.get('interval') ?? '30m';
  if (!isInterval(interval)) throw refusal('INVALID_PARAM_VALUE', `Invalid interval ${interval}`);
  const ms = INTERVALS[interval];
  const to = (whole(call, 'to') ?? Math.floor(call.at / 1000)) * 1000;
  const from = (whole(call, 'from') ?? to / 1000 - (100 * ms) / 1000) * 1000;
  if ((to - from) / ms >= MOST) {
    throw refusal('INVALID_PARAM_VALUE', 'Candlestick range too broad. Maximum 1000 data points are allowed');
  }
  return candles
    .bars(ms, from, to, MOST)
    .map((bar) => [
      String(bar.ts / 1000),
      notional(listing, bar.quote),
      ...[bar.close, bar.high, bar.low, bar.open].map((ticks) => price(listing, ticks)),
      size(listing, bar.lots),
      String(bar.ts + ms <= call.at),
    ]);
}

/** The newest first, whether they are asked for by time or backwards from an id. */
function trades(call: Call) {
  const market = pairOf(call);
  const limit = Math.min(whole(call, 'limit') ?? 100, MOST);
  const lastId = whole(call, 'last_id');
  const [from, to] = [whole(call, 'from') ?? 0, whole(call, 'to') ?? Math.ceil(call.at / 1000)];
  const isBackwards = call.query.get('reverse') === 'true';
  const found =
    lastId !== undefined && isBackwards
      ? tradesBefore(market, lastId, limit)
      : tradesBetween(market, from * 1000, to * 1000, limit).filter(({ id }) => id > (lastId ?? -1));
  return found.map((trade) => tradeRow(call.query.get('currency_pair'), market.listing, trade));
}

const tradeRow = (pair: unknown, listing: Listing, { id, ts, ticks, lots, buyerIsMaker }: TapeTrade) => ({
  ...{ id: String(id), create_time: String(Math.floor(ts / 1000)), create_time_ms: `${ts}.000000` },
  ...{ currency_pair: pair, side: buyerIsMaker ? 'sell' : 'buy', amount: size(listing, lots) },
  ...{ price: price(listing, ticks), sequence_id: String(id) },
});

const pairOf = (call: Call) =>
  marketOf(call, 'currency_pair', () =>
    refusal('INVALID_CURRENCY_PAIR', `Invalid currency pair ${call.query.get('currency_pair')}`),
  );

const whole = ({ query }: Call, name: string) =>
  wholeNumber(query, name, () => refusal('INVALID_PARAM_VALUE', `Invalid request parameter \`${name}\``));

const refusal = (label: string, message: string) => new RestError(400, { label, message });
