import { INTERVALS } from '../../../shared/domain/market.ts';
import type { Call, Route } from '../dialect.ts';
import type { Market } from '../market.ts';
import { marketOf, tradesBefore, wholeNumber } from '../query.ts';
import { RestError } from '../rest-error.ts';
import { level, price, size } from '../words.ts';
import { OKX_BARS, type OkxMarket, okxBar } from './okx.ts';

/** OKX's public REST; every answer is `{ code, msg, data }`. */
export function okxRoutes(market: OkxMarket): Route[] {
  const at = (path: string, answer: (call: Call) => unknown[]): Route => ({
    path: `/api/v5${path}`,
    answer: (call) => ({ code: '0', msg: '', data: answer(call) }),
  });
  return [
    at('/public/time', (call) => [{ ts: String(call.at) }]),
    at('/public/instruments', (call) => instruments(market, call)),
    at('/market/books', books),
    at('/market/trades', trades),
    at('/market/history-trades', trades),
    at('/market/candles', candles),
    at('/market/history-candles', candles),
  ];
}

/** "Records earlier than the requested tradeId" is `after`, "newer than" is `before`; the newest first, 100 at most. */
function trades(call: Call) {
  const market = named(call);
  const { tape, listing } = market;
  const limit = Math.min(100, whole(call, 'limit') ?? 100);
  const older = tradesBefore(market, whole(call, 'after') ?? tape.nextId, limit);
  const newerThan = whole(call, 'before') ?? -1;
  return older
    .filter(({ id }) => id > newerThan)
    .map(({ id, ts, ticks, lots, buyerIsMaker }) => ({
      instId: call.query.get('instId'),
      tradeId: String(id),
      px: price(listing, ticks),
      sz: size(listing, lots),
      side: buyerIsMaker ? 'sell' : 'buy',
      ts: String(ts),
    }));
}

/** Between `before` and `after`, neither included; the newest first. */
function candles(call: Call) {
  const { listing, candles: of } = named(call);
  const interval = OKX_BARS[call.query.get('bar') ?? '1m'];
  if (!interval) throw refusal('51000', 'Parameter bar error');
  const ms = INTERVALS[interval];
  const limit = Math.min(300, whole(call, 'limit') ?? 100);
  const after = whole(call, 'after') ?? Number.MAX_SAFE_INTEGER;
  const before = whole(call, 'before') ?? 0;
  return of
    .newestBars(ms, after - 1, limit)
    .filter(({ ts }) => ts > before)
    .reverse()
    .map((bar) => okxBar(listing, bar, bar.ts + ms <= call.at));
}

function books(call: Call) {
  const { listing, book, ts } = named(call);
  const depth = Math.min(400, whole(call, 'sz') ?? 1);
  const side = (of: 'buy' | 'sell') =>
    book.levels(of, depth).map((each) => [...level(listing, each), '0', '1']);
  return [{ asks: side('sell'), bids: side('buy'), ts: String(ts), seqId: book.updateId }];
}

function instruments(market: OkxMarket, { markets }: Call) {
  return markets().map(([instId, { listing }]) => {
    const { base, quote, kind } = listing;
    const isSpot = kind === 'spot';
    return {
      instType: market.toUpperCase(),
      instId,
      uly: isSpot ? '' : `${base}-${quote}`,
      baseCcy: isSpot ? base : '',
      quoteCcy: isSpot ? quote : '',
      settleCcy: isSpot ? '' : kind === 'inverse' ? base : quote,
      ctVal: isSpot ? '' : '1',
      ctType: isSpot ? '' : kind,
      tickSz: price(listing, 1),
      lotSz: size(listing, 1),
      minSz: size(listing, 1),
      state: 'live',
    };
  });
}

const named = (call: Call): Market =>
  marketOf(call, 'instId', () => refusal('51001', "Instrument ID doesn't exist."));
const whole = ({ query }: Call, name: string) =>
  wholeNumber(query, name, () => refusal('51000', `Parameter ${name} error`));
const refusal = (code: string, msg: string) => new RestError(200, { code, msg, data: [] });
