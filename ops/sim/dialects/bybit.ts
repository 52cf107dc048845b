import type { Interval } from '../../../shared/domain/market.ts';
import type { BookChange, BookView } from '../book-view.ts';
import type { Channel, ConnectionInfo, Dialect, Heard, Topic, Words } from '../dialect.ts';
import { type Listing, plain } from '../listing.ts';
import type { BookLevel } from '../matching.ts';
import { levels, notional, parse, price, size, texts } from '../words.ts';
import { bybitRoutes } from './bybit-rest.ts';

export type BybitMarket = 'spot' | 'linear' | 'inverse';

const DEPTHS = [1, 50, 200, 1000];
/** Bybit's interval → ours. */
export const BYBIT_INTERVALS: Readonly<Record<string, Interval>> = {
  ...{ '1': '1m', '5': '5m', '15': '15m', '60': '1h', '240': '4h', D: '1d' },
};
const TRADES_PER_MESSAGE = 1024;
const TOPICS_PER_SPOT_REQUEST = 10;

/** Bybit v5, one of its public markets. https://bybit-exchange.github.io/docs/v5/websocket/public/orderbook */
export function bybit(market: BybitMarket): Dialect {
  return {
    venue: 'bybit',
    market,
    sockets: [`/v5/public/${market}`],
    limits: {
      messages: { count: 50, perMs: 1_000 },
      connects: { count: 500, perMs: 300_000 },
      weight: { count: 600, perMs: 5_000, status: 403 },
    },
    spell: (listing) => spell(market, listing),
    tradeId: ({ id }) => bybitTradeId(market, id),
    connect: (connection) => connect(market, connection),
    routes: bybitRoutes(market),
  };
}

/** Numbers beyond 2^53 on spot, UUIDs of contracts: neither says which comes next. */
export function bybitTradeId(market: BybitMarket, id: number): string {
  if (market === 'spot') return `229${String(id).padStart(16, '0')}`;
  const mixed = Math.imul(id % 2 ** 32, 0x9e3779b1) >>> 0;
  return `${mixed.toString(16).padStart(8, '0')}-0000-5000-8000-${id.toString(16).padStart(12, '0')}`;
}

function spell(market: BybitMarket, { kind, base, quote, expiry }: Listing): string | undefined {
  if (kind !== market || expiry) return undefined;
  return kind === 'linear' && quote === 'USDC' ? `${base}PERP` : base + quote;
}

function connect(market: BybitMarket, { find }: ConnectionInfo): Words {
  /** By topic: what to add to a view's count for `u`, and the last frame of a book of one level. */
  const bases = new Map<string, number>();
  const bests = new Map<string, { u: number; text: string }>();
  let cs = 24_987_956_059;
  const tickerFrame = (topic: string, ts: number, data: unknown) =>
    JSON.stringify({ topic, type: 'delta', data, cs: cs++, ts });
  const bookFrame = (
    { name, wire, market: { listing } }: Topic,
    change: BookChange,
    view: BookView,
    at: number,
  ) => {
    const u = view.count + (bases.get(name) ?? 1_000);
    const sides = { b: bookLevels(listing, change.bids), a: bookLevels(listing, change.asks) };
    const type = change.whole ? 'snapshot' : 'delta';
    const data = { s: wire, ...sides, u, seq: change.last };
    return JSON.stringify({ topic: name, type, ts: at, data, cts: at });
  };

  return {
    hear: (text) => request(market, text, find),
    trades: ({ name, wire, market: { listing } }, trades, at) => {
      const rows = trades.map(({ id, ts, ticks, lots, buyerIsMaker }) => ({
        ...{
          T: ts,
          s: wire,
          S: buyerIsMaker ? 'Sell' : 'Buy',
          v: size(listing, lots),
          p: price(listing, ticks),
        },
        ...{ L: 'ZeroPlusTick', i: bybitTradeId(market, id), BT: false },
      }));
      const pages = Math.ceil(rows.length / TRADES_PER_MESSAGE);
      return Array.from({ length: pages }, (_, page) => {
        const data = rows.slice(page * TRADES_PER_MESSAGE, (page + 1) * TRADES_PER_MESSAGE);
        return JSON.stringify({ topic: name, type: 'snapshot', ts: at, data });
      });
    },
    book: (topic, change, view, at) => [bookFrame(topic, change, view, at)],
    quote: (topic, { bid, ask, updateId }, at) => {
      const { name, wire } = topic;
      const { listing } = topic.market;
      if (name.startsWith('tickers.')) return [tickerFrame(name, at, ticker(topic, bid, ask))];
      const u = (bests.get(name)?.u ?? 1_000) + 1;
      const sides = { b: levels(listing, [bid]), a: levels(listing, [ask]) };
      const data = { s: wire, ...sides, u, seq: updateId };
      const text = JSON.stringify({ topic: name, type: 'snapshot', ts: at, data, cts: at });
      bests.set(name, { u, text });
      return [text];
    },
    mark: (topic, { markTicks, indexTicks, rate, nextFundingTs }, at) => {
      const { listing } = topic.market;
      const data = {
        symbol: topic.wire,
        markPrice: price(listing, markTicks),
        indexPrice: price(listing, indexTicks),
        fundingRate: `${rate < 0 ? '-' : ''}${plain(Math.abs(rate), 8)}`,
        nextFundingTime: String(nextFundingTs),
      };
      return [tickerFrame(`tickers.${topic.wire}`, at, data)];
    },
    candle: ({ name, interval, market: { listing } }, bar, closed, at) => {
      const [, code = ''] = name.split('.');
      const prices = Object.fromEntries(
        (['open', 'close', 'high', 'low'] as const).map((key) => [key, price(listing, bar[key])]),
      );
      const sums = { volume: size(listing, bar.lots), turnover: notional(listing, bar.quote) };
      const row = { start: bar.ts, interval: code, ...prices, ...sums, confirm: closed, timestamp: at };
      return interval ? [JSON.stringify({ topic: name, data: [row], ts: at, type: 'snapshot' })] : [];
    },
    quirks: {
      /** The service was restarted: a whole book with `u` 1 stands for whatever was there. */
      restart: (topic, view, at) => {
        if (!view) return [];
        bases.set(topic.name, -view.count);
        return [bookFrame(topic, view.whole(), view, at)];
      },
      /** A book of one level that has not moved for three seconds is told again, with the same `u`. */
      repeat: ({ name }) => {
        const best = bests.get(name);
        return best ? [best.text] : [];
      },
    },
  };
}

function ticker({ wire, market: { listing } }: Topic, bid: BookLevel, ask: BookLevel) {
  const [b, a] = levels(listing, [bid, ask]) as [[string, string], [string, string]];
  return { symbol: wire, bid1Price: b[0], bid1Size: b[1], ask1Price: a[0], ask1Size: a[1] };
}

/** `{"op":"subscribe","args":[…]}`; one topic that is not there refuses the request. */
function request(market: BybitMarket, text: string, find: ConnectionInfo['find']): Heard {
  const message = parse(text);
  const { op, req_id = '' } = message ?? {};
  const answer = (success: boolean, ret_msg = '') =>
    JSON.stringify({ success, ret_msg, conn_id: '2324d924-aa4d-45b0-a858-7b8be29ab52b', req_id, op });
  if (op === 'ping') return { answers: [answer(true, 'pong')] };
  if (op !== 'subscribe' && op !== 'unsubscribe')
    return { answers: [answer(false, 'error:request unknown')] };
  const args = texts(message?.args);
  if (market === 'spot' && args.length > TOPICS_PER_SPOT_REQUEST) {
    return { answers: [answer(false, 'error:args size >10')] };
  }
  const topics = args.map((name) => topicOf(market, name, find));
  const missing = topics.findIndex(({ length }) => length === 0);
  if (missing !== -1) return { answers: [answer(false, `error:handler not found,topic:${args[missing]}`)] };
  if (op === 'subscribe') return { answers: [answer(true)], subscribe: topics.flat() };
  return { answers: [answer(true)], unsubscribe: topics.flat().map(({ name }) => name) };
}

const CHANNELS: Readonly<Record<string, Channel>> = {
  publicTrade: 'trades',
  orderbook: 'book',
  tickers: 'quotes',
  kline: 'candles',
};

/** What a topic of Bybit's brings; the ticker of a contract brings quotes and marks. */
function topicOf(market: BybitMarket, name: string, find: ConnectionInfo['find']): Topic[] {
  const [kind = '', ...rest] = name.split('.');
  const wire = rest.at(-1) ?? '';
  const of = find(wire);
  const channel = CHANNELS[kind];
  if (!of || !channel) return [];
  const topic: Topic = { name, channel, wire, market: of };
  if (kind === 'orderbook') {
    const depth = Number(rest[0]);
    if (!DEPTHS.includes(depth)) return [];
    return [depth === 1 ? { ...topic, channel: 'quotes' } : { ...topic, depth }];
  }
  if (kind === 'kline') {
    const interval = BYBIT_INTERVALS[rest[0] ?? ''];
    return interval ? [{ ...topic, interval }] : [];
  }
  if (kind === 'tickers')
    return market === 'spot' ? [] : [topic, { ...topic, name: `${name} marks`, channel: 'marks' }];
  return [topic];
}

const bookLevels = (listing: Listing, list: readonly BookLevel[]) =>
  list.map(([ticks, lots]) => [price(listing, ticks), lots === 0 ? '0' : size(listing, lots)]);
