import { INTERVALS } from '../../../shared/domain/market.ts';
import type { Call, Route } from '../dialect.ts';
import type { Market } from '../market.ts';
import { wholeNumber } from '../query.ts';
import { RestError } from '../rest-error.ts';
import { price, size } from '../words.ts';
import { KRAKEN_MINUTES } from './kraken.ts';

/** Kraken's public REST, which knows its pairs by their old names; every answer is `{ error, result }`. */
export const krakenRoutes: Route[] = [
  at('Time', (call) => ({ unixtime: Math.floor(call.at / 1_000), rfc1123: new Date(call.at).toUTCString() })),
  at('AssetPairs', assetPairs),
  at('OHLC', candles),
  at('Trades', trades),
  at('Depth', depth),
];

function at(name: string, answer: (call: Call) => unknown): Route {
  return { path: `/0/public/${name}`, answer: (call) => ({ error: [], result: answer(call) }) };
}

/** Up to 1,000 trades after the time `since`, in ns; `last` is where the next page begins. */
function trades(call: Call) {
  const { listing, tape } = named(call);
  const since = Number((call.query.get('since') ?? '0').padStart(7, '0').slice(0, -6) || 0);
  const count = Math.min(1_000, whole(call, 'count') ?? 1_000);
  const page = tape.from(tape.idAt(since + 1), count);
  const rows = page.map(({ id, ts, ticks, lots, buyerIsMaker }) => [
    price(listing, ticks),
    size(listing, lots),
    ts / 1_000,
    buyerIsMaker ? 's' : 'b',
    'm',
    '',
    id,
  ]);
  return { [call.query.get('pair') ?? '']: rows, last: `${page.at(-1)?.ts ?? since}000000` };
}

/** The newest 720, the open one last. */
function candles(call: Call) {
  const { listing, candles: of } = named(call);
  const interval = KRAKEN_MINUTES[whole(call, 'interval') ?? 1];
  if (!interval) throw refusal('EGeneral:Invalid arguments');
  const since = (whole(call, 'since') ?? 0) * 1_000;
  const bars = of.newestBars(INTERVALS[interval], call.at, 720).filter(({ ts }) => ts > since);
  const rows = bars.map(({ ts, open, high, low, close, lots, trades: count }) => [
    ts / 1_000,
    ...[open, high, low, close, close].map((ticks) => price(listing, ticks)),
    size(listing, lots),
    count,
  ]);
  return { [call.query.get('pair') ?? '']: rows, last: (bars.at(-1)?.ts ?? 0) / 1_000 };
}

function depth(call: Call) {
  const { listing, book, ts } = named(call);
  const count = Math.min(500, whole(call, 'count') ?? 100);
  const side = (of: 'buy' | 'sell') =>
    book.levels(of, count).map(([ticks, lots]) => [price(listing, ticks), size(listing, lots), ts / 1_000]);
  return { [call.query.get('pair') ?? '']: { asks: side('sell'), bids: side('buy') } };
}

function assetPairs({ markets }: Call) {
  return Object.fromEntries(
    markets().map(([wsname, { listing }]) => {
      const { base, quote, priceDecimals, sizeDecimals } = listing;
      const decimals = { pair_decimals: priceDecimals, lot_decimals: sizeDecimals, cost_decimals: 5 };
      const altname = legacy(wsname);
      const names = { altname, wsname, base, quote, aclass_base: 'currency', aclass_quote: 'currency' };
      return [altname, { ...names, ...decimals, ordermin: size(listing, 1), status: 'online' }];
    }),
  );
}

const OLD_NAMES: Readonly<Record<string, string>> = { BTC: 'XBT', DOGE: 'XDG' };

/** `BTC/USD` → `XBTUSD`. */
const legacy = (wire: string) =>
  wire
    .split('/')
    .map((name) => OLD_NAMES[name] ?? name)
    .join('');

function named({ query, markets }: Call): Market {
  const pair = query.get('pair');
  const found = markets().find(([wire]) => legacy(wire) === pair);
  if (!found) throw refusal('EQuery:Unknown asset pair');
  return found[1];
}

const whole = ({ query }: Call, name: string) =>
  wholeNumber(query, name, () => refusal('EGeneral:Invalid arguments'));
const refusal = (error: string) => new RestError(200, { error: [error] });
