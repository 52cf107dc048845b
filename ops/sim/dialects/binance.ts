import { isInterval } from '../../../shared/domain/market.ts';
import type { Channel, ConnectionInfo, Dialect, Heard, Topic, Words } from '../dialect.ts';
import type { Listing } from '../listing.ts';
import { binanceFrames } from './binance-frames.ts';
import { binanceRequests } from './binance-requests.ts';
import { binanceRoutes, wholeBook } from './binance-rest.ts';

export type BinanceMarket = 'spot' | 'usdm' | 'coinm';

/** Since 2026-04-23 the books and quotes of USDM have a socket of their own. */
const SOCKETS: Record<BinanceMarket, string[]> = {
  spot: ['/stream', '/ws'],
  usdm: ['/market/stream', '/market/ws', '/public/stream', '/public/ws'],
  coinm: ['/stream', '/ws'],
};

/** Messages a second, weight a minute and pings of the three markets. */
const LIMITS = {
  spot: { messages: 5, weight: 6_000, pings: { everyMs: 20_000, answerWithinMs: 60_000 } },
  usdm: { messages: 10, weight: 2_400, pings: { everyMs: 180_000, answerWithinMs: 600_000 } },
  coinm: { messages: 10, weight: 2_400, pings: { everyMs: 180_000, answerWithinMs: 600_000 } },
};

/** Binance spot, USDⓈ-M and COIN-M. https://developers.binance.com/docs/binance-spot-api-docs/web-socket-streams */
export function binance(market: BinanceMarket): Dialect {
  const { messages, weight, pings } = LIMITS[market];
  return {
    venue: 'binance',
    market,
    sockets: SOCKETS[market],
    limits: {
      messages: { count: messages, perMs: 1_000 },
      connects: { count: 300, perMs: 300_000 },
      weight: { count: weight, perMs: 60_000, status: 429 },
      pings,
    },
    spell: (listing) => spell(market, listing),
    connect: (connection) => connect(market, connection),
    routes: binanceRoutes(market),
    wholeBook: (of) => wholeBook(market, of, 1_000, of.ts),
  };
}

function spell(market: BinanceMarket, { kind, base, quote, expiry }: Listing): string | undefined {
  if (market === 'spot') return kind === 'spot' ? base + quote : undefined;
  if (market === 'usdm' && kind === 'linear') return `${base}${quote}${expiry ? `_${expiry}` : ''}`;
  return market === 'coinm' && kind === 'inverse' ? `${base}${quote}_${expiry ?? 'PERP'}` : undefined;
}

function connect(market: BinanceMarket, { path, query, find }: ConnectionInfo): Words {
  const client = { combined: path.endsWith('/stream'), streams: new Set<string>() };
  const frames = binanceFrames(market);
  const wrap = (stream: string, payload: string) =>
    client.combined ? `{"stream":"${stream}","data":${payload}}` : payload;
  const serves = (channel: Channel) =>
    market !== 'usdm' || path.startsWith('/public') === (channel === 'book' || channel === 'quotes');

  const topicOf = (name: string): Topic[] => {
    const [wire = '', kind = ''] = name.split('@', 2);
    const of = find(wire.toUpperCase());
    const told = CHANNELS[kind.split('_')[0] ?? ''];
    if (!of || !told || !serves(told) || (market !== 'spot' && kind === 'trade')) return [];
    const topic: Topic = { name, channel: told, wire: wire.toUpperCase(), market: of };
    if (told === 'candles') {
      const interval = kind.slice('kline_'.length);
      return isInterval(interval) ? [{ ...topic, interval }] : [];
    }
    return [told === 'book' && !name.endsWith('@100ms') ? { ...topic, slow: true } : topic];
  };
  const subscribe = (names: readonly string[]): Heard => {
    for (const name of names) client.streams.add(name);
    return { subscribe: names.flatMap(topicOf) };
  };
  const unsubscribe = (names: readonly string[]): Heard => {
    for (const name of names) client.streams.delete(name);
    return { unsubscribe: [...names] };
  };

  return {
    opened: () => subscribe(streamsOf(path, query)),
    hear: (text) => binanceRequests(client, text, { subscribe, unsubscribe }),
    trades: ({ name, wire, market: { listing } }, trades, at) => {
      const write = name.endsWith('@aggTrade') ? frames.aggTrade : frames.trade;
      return trades.map((trade) => wrap(name, write(wire, listing, trade, at)));
    },
    book: ({ name, wire, market: { listing } }, change, _view, at) =>
      change.whole ? [] : [wrap(name, frames.depth(wire, listing, change, at))],
    quote: ({ name, wire, market: { listing } }, ticker, at) => [
      wrap(name, frames.ticker(wire, listing, ticker, at)),
    ],
    candle: ({ name, wire, interval, market: { listing } }, bar, closed, at) =>
      interval ? [wrap(name, frames.kline(wire, listing, interval, bar, closed, at))] : [],
    mark: ({ name, wire, market: { listing } }, mark, at) => [
      wrap(name, frames.mark(wire, listing, mark, at)),
    ],
    shutdown: (at) => [wrap('!serverShutdown', `{"e":"serverShutdown","E":${at}}`)],
  };
}

const CHANNELS: Readonly<Record<string, Channel>> = {
  trade: 'trades',
  aggTrade: 'trades',
  depth: 'book',
  bookTicker: 'quotes',
  kline: 'candles',
  markPrice: 'marks',
};

/** `/ws/a/b` (raw) and `/stream?streams=a/b` (combined). */
function streamsOf(path: string, query: URLSearchParams): string[] {
  const text = query.get('streams') ?? path.replace(/^.*?\/(ws|stream)/, '');
  return text.split('/').filter(Boolean);
}
