import { INTERVALS, type Interval } from '../../../shared/domain/market.ts';
import { BITGET_LENGTHS, ID_EPOCH } from '../../../shared/exchanges/bitget/bitget-rows.ts';
import type { Bar } from '../candles.ts';
import type { Call, Route } from '../dialect.ts';
import type { Listing } from '../listing.ts';
import type { Market } from '../market.ts';
import { marketOf, tradesBefore, wholeNumber } from '../query.ts';
import { RestError } from '../rest-error.ts';
import type { TapeTrade } from '../tape.ts';
import { notional, price, size } from '../words.ts';

export type BitgetMarket = 'spot' | 'futures';

const MOST_CANDLES = 200;
const MOST_TRADES = 1_000;

/** Spot's own words for candle lengths; futures have those of the stream. */
const SPOT_LENGTHS: Readonly<Record<string, Interval>> = {
  ...{ '1min': '1m', '5min': '5m', '15min': '15m', '1h': '1h', '4h': '4h', '1Dutc': '1d' },
};

/** Bitget's public REST. https://www.bitget.com/docs/classic/spot/market/Get-History-Candle-Data */
export function bitgetRoutes(market: BitgetMarket): Route[] {
  const root = market === 'spot' ? '/api/v2/spot/market' : '/api/v2/mix/market';
  const route = (path: string, rows: (call: Call) => unknown[]): Route => ({
    path: root + path,
    answer: (call) => ({ code: '00000', msg: 'success', requestTime: call.at, data: rows(call) }),
  });
  return [route('/history-candles', (call) => candles(call, market)), route('/fills-history', trades)];
}

/** Those that open before `endTime`, the newest of them, oldest first. */
function candles(call: Call, market: BitgetMarket): unknown[] {
  const { listing, candles } = symbolOf(call);
  const code = call.query.get('granularity') ?? '';
  const interval = market === 'spot' ? SPOT_LENGTHS[code] : BITGET_LENGTHS.get(code);
  const end = whole(call, 'endTime');
  if (!interval) throw refusal('400171', `Parameter granularity ${code} is not valid`);
  if (end === undefined) throw refusal('400172', 'Parameter endTime cannot be empty');
  const limit = Math.min(whole(call, 'limit') ?? 100, MOST_CANDLES);
  return candles.newestBars(INTERVALS[interval], end - 1, limit).map((bar) => candleRow(listing, bar));
}

/** The newest first; older ones than a trade by its id. Times are cut to the second. */
function trades(call: Call): unknown[] {
  const market = symbolOf(call);
  const limit = Math.min(whole(call, 'limit') ?? 500, MOST_TRADES);
  const before = call.query.get('idLessThan');
  const end = before ? engineId(market, before) : market.tape.nextId;
  return tradesBefore(market, end, limit).map((trade) => {
    const { ts, side, ...row } = tradeRow(market.listing, trade);
    const second = String(Math.floor(trade.ts / 1000) * 1000);
    return { symbol: call.query.get('symbol'), ...row, side: side === 'buy' ? 'Buy' : 'Sell', ts: second };
  });
}

/** `[open time, open, high, low, close, base volume, quote volume, quote volume in USDT]` */
export function candleRow(listing: Listing, bar: Bar): string[] {
  const prices = [bar.open, bar.high, bar.low, bar.close].map((ticks) => price(listing, ticks));
  const turnover = notional(listing, bar.quote);
  return [String(bar.ts), ...prices, size(listing, bar.lots), turnover, turnover];
}

export function tradeRow(listing: Listing, trade: TapeTrade) {
  return {
    ts: String(trade.ts),
    price: price(listing, trade.ticks),
    size: size(listing, trade.lots),
    side: trade.buyerIsMaker ? 'sell' : 'buy',
    tradeId: String(wireId(trade)),
  };
}

const ID_BITS = 22n;

/** A snowflake as the venue has them: milliseconds, and below them 22 bits of the engine's own id. */
export const wireId = ({ id, ts }: TapeTrade): bigint =>
  (BigInt(ts - ID_EPOCH) << ID_BITS) | BigInt.asUintN(Number(ID_BITS), BigInt(id));

/** The engine's id of a trade, or of the first one behind it. */
function engineId({ tape }: Market, text: string): number {
  if (!/^\d{1,20}$/.test(text)) throw refusal('40019', `Parameter idLessThan ${text} is not valid`);
  const wanted = BigInt(text);
  let id = tape.idAt(Number(wanted >> ID_BITS) + ID_EPOCH);
  for (let trade = tape.at(id); trade && wireId(trade) < wanted; trade = tape.at(++id));
  return id;
}

const symbolOf = (call: Call) =>
  marketOf(call, 'symbol', () => refusal('40034', `Parameter ${call.query.get('symbol')} does not exist`));

const whole = ({ query }: Call, name: string) =>
  wholeNumber(query, name, () => refusal('40019', `Parameter ${name} is not valid`));

const refusal = (code: string, msg: string) => new RestError(400, { code, msg, data: null });
