import { INTERVALS } from '../../../shared/domain/market.ts';
import { BITFINEX_FRAMES } from '../../../shared/exchanges/bitfinex/bitfinex-channels.ts';
import type { Call, Route } from '../dialect.ts';
import type { Market } from '../market.ts';
import { wholeNumber } from '../query.ts';
import { RestError } from '../rest-error.ts';
import { size } from '../words.ts';
import { candleRow, isTraded, tradeRow } from './bitfinex-rows.ts';

const ROWS_PER_CALL = 10_000;
const MOST_AMOUNT = '100000.0';

/**
 * Bitfinex's public REST: history by time, newest first unless asked otherwise.
 * https://docs.bitfinex.com/reference/rest-public-trades and rest-public-candles
 */
export const bitfinexRoutes: readonly Route[] = [
  { path: '/v2/platform/status', answer: () => [1] },
  { path: /^\/v2\/conf\/(?<labels>[^/]+)$/, answer: configs },
  { path: /^\/v2\/trades\/(?<symbol>[^/]+)\/hist$/, weight: () => 6, answer: trades },
  { path: /^\/v2\/candles\/trade:(?<frame>\w+):(?<symbol>[^/]+)\/hist$/, weight: () => 3, answer: candles },
];

function trades(call: Call): unknown {
  const { tape, listing } = marketOf(call);
  const { from, to, limit, isOldestFirst } = rangeOf(call, 125);
  const [first, end] = [tape.idAt(from), tape.idAt(to + 1)];
  const start = isOldestFirst ? first : Math.max(first, end - limit);
  const rows = tape.from(start, Math.min(limit, end - start)).map((trade) => tradeRow(listing, trade));
  return isOldestFirst ? rows : rows.reverse();
}

function candles(call: Call): unknown {
  const market = marketOf(call);
  const interval = BITFINEX_FRAMES.get(call.params.frame ?? '');
  if (!interval) throw refusal('timeframe: invalid');
  const { from, to, limit, isOldestFirst } = rangeOf(call, 100);
  const ms = INTERVALS[interval];
  const bars = isOldestFirst
    ? market.candles.bars(ms, from, to, limit)
    : market.candles.newestBars(ms, to, limit).filter(({ ts }) => ts >= from);
  const rows = bars.filter(isTraded).map((bar) => candleRow(market.listing, bar));
  return isOldestFirst ? rows : rows.reverse();
}

/** One list for each label: spot pairs, by name or with their least and greatest amounts; there are no other pairs. */
function configs({ params, markets }: Call): unknown {
  const pairs = markets().map(([wire, { listing }]) => [wire.slice(1), size(listing, 1)] as const);
  return decodeURIComponent(params.labels ?? '')
    .split(',')
    .map((label) => {
      if (label === 'pub:list:pair:exchange') return pairs.map(([pair]) => pair);
      if (label !== 'pub:info:pair') return [];
      return pairs.map(([pair, least]) => [pair, [null, null, null, least, MOST_AMOUNT, null, null, null]]);
    });
}

function marketOf({ params, find }: Call): Market {
  const market = find(decodeURIComponent(params.symbol ?? ''));
  if (!market) throw refusal('symbol: invalid');
  return market;
}

function rangeOf({ query, at }: Call, usual: number) {
  const whole = (name: string) => wholeNumber(query, name, () => refusal(`${name}: invalid`));
  const limit = whole('limit') ?? usual;
  if (limit < 1 || limit > ROWS_PER_CALL) throw refusal('limit: invalid');
  return { from: whole('start') ?? 0, to: whole('end') ?? at, limit, isOldestFirst: whole('sort') === 1 };
}

const refusal = (words: string) => new RestError(500, ['error', 10_020, words]);
