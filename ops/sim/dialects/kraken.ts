import { crc32 } from 'node:zlib';
import { INTERVALS, type Interval } from '../../../shared/domain/market.ts';
import type { BookView } from '../book-view.ts';
import type { Bar } from '../candles.ts';
import type { Channel, ConnectionInfo, Dialect, Heard, Topic, Words } from '../dialect.ts';
import type { Listing } from '../listing.ts';
import type { BookLevel } from '../matching.ts';
import type { TapeTrade } from '../tape.ts';
import { parse, price, size, texts } from '../words.ts';
import { krakenRoutes } from './kraken-rest.ts';

const DEPTHS = [10, 25, 100, 500, 1000];
const CHANNELS: Readonly<Record<string, Channel>> = {
  trade: 'trades',
  book: 'book',
  ticker: 'quotes',
  ohlc: 'candles',
};
/** Minutes → ours. */
export const KRAKEN_MINUTES: Readonly<Record<number, Interval>> = {
  ...{ 1: '1m', 5: '5m', 15: '15m', 60: '1h', 240: '4h', 1440: '1d' },
};
const TRADES_IN_SNAPSHOT = 50;

/** Kraken spot over WebSocket v2. https://docs.kraken.com/api/docs/websocket-v2/book */
export const kraken: Dialect = {
  venue: 'kraken',
  market: 'spot',
  sockets: ['/v2'],
  limits: {
    // "Dynamic", without a figure; ours is one that nobody well-behaved meets.
    messages: { count: 50, perMs: 1_000 },
    connects: { count: 150, perMs: 600_000 },
    weight: { count: 15, perMs: 10_000, status: 429 },
  },
  spell: ({ kind, base, quote }) => (kind === 'spot' ? `${base}/${quote}` : undefined),
  connect,
  routes: krakenRoutes,
};

function connect({ find }: ConnectionInfo): Words {
  const frame = (channel: string, type: string, rows: string) =>
    `{"channel":"${channel}","type":"${type}","data":[${rows}]}`;
  const tradeRows = ({ wire, market: { listing } }: Topic, trades: readonly TapeTrade[]) =>
    trades.map((trade) => tradeRow(wire, listing, trade)).join();

  return {
    opened: () => ({
      answers: [
        '{"channel":"status","type":"update","data":[{"version":"2.0.10","system":"online","api_version":"v2","connection_id":1}]}',
      ],
    }),
    hear: (text, at) => request(text, at, find),
    /** The last 50 trades; the candle that is open. */
    opening: (topic, at) => {
      const { tape, candles } = topic.market;
      if (topic.channel === 'trades') {
        const last = tape.from(tape.nextId - TRADES_IN_SNAPSHOT, TRADES_IN_SNAPSHOT);
        return last.length > 0 ? [frame('trade', 'snapshot', tradeRows(topic, last))] : [];
      }
      if (!topic.interval) return [];
      const ms = INTERVALS[topic.interval];
      const bars = candles.newestBars(ms, at, 2);
      const rows = bars.map((bar) => candleRow(topic, bar, ms)).join();
      return rows ? [frame('ohlc', 'snapshot', rows)] : [];
    },
    trades: (topic, trades) => [frame('trade', 'update', tradeRows(topic, trades))],
    book: ({ wire, market: { listing } }, { whole, bids, asks }, view, at) => {
      const sides = `"bids":[${levels(listing, bids)}],"asks":[${levels(listing, asks)}]`;
      const row = `{"symbol":"${wire}",${sides},"checksum":${checksum(listing, view)},"timestamp":"${time(at)}"}`;
      return [frame('book', whole ? 'snapshot' : 'update', row)];
    },
    quote: ({ wire, market: { listing } }, { bid, ask }, at) => {
      const best = `"bid":${price(listing, bid[0])},"bid_qty":${size(listing, bid[1])},"ask":${price(listing, ask[0])},"ask_qty":${size(listing, ask[1])}`;
      return [frame('ticker', 'update', `{"symbol":"${wire}",${best},"timestamp":"${time(at)}"}`)];
    },
    /** The end of a candle shows only in the first word of the next. */
    candle: (topic, bar, closed, at) => {
      const ms = INTERVALS[topic.interval as Interval];
      const next = closed ? topic.market.candles.bar(at, ms) : undefined;
      return [
        frame(
          'ohlc',
          'update',
          [bar, ...(next ? [next] : [])].map((each) => candleRow(topic, each, ms)).join(),
        ),
      ];
    },
    heartbeat: () => ['{"channel":"heartbeat"}'],
  };
}

/** `{"method":"subscribe","params":{"channel","symbol":[…]}}`; each symbol is acknowledged by itself. */
function request(text: string, at: number, find: ConnectionInfo['find']): Heard {
  const message = parse(text);
  const { method, req_id } = message ?? {};
  const times = { time_in: time(at), time_out: time(at) };
  if (method === 'ping') return { answers: [JSON.stringify({ method: 'pong', req_id, ...times })] };
  if (method !== 'subscribe' && method !== 'unsubscribe') {
    return { answers: [JSON.stringify({ error: 'Unsupported method', method, success: false, ...times })] };
  }
  const params = (message?.params ?? {}) as Record<string, unknown>;
  const answers: string[] = [];
  const topics: Topic[] = [];
  for (const symbol of texts(params.symbol)) {
    const topic = topicOf(params, symbol, find);
    if (typeof topic === 'string') {
      answers.push(JSON.stringify({ error: topic, method, success: false, symbol, ...times }));
      continue;
    }
    topics.push(topic);
    const { depth, interval } = params;
    const result = { channel: params.channel, symbol, snapshot: true, depth: topic.depth ?? depth, interval };
    answers.push(JSON.stringify({ method, result, success: true, ...times }));
  }
  if (method === 'unsubscribe') return { answers, unsubscribe: topics.map(({ name }) => name) };
  return { answers, subscribe: topics };
}

/** The reason where there is no such topic. */
function topicOf(
  params: Record<string, unknown>,
  wire: string,
  find: ConnectionInfo['find'],
): Topic | string {
  const market = find(wire);
  const channel = CHANNELS[String(params.channel)];
  if (!market) return `Currency pair not supported ${wire}`;
  if (!channel) return 'Subscription name invalid';
  const topic = { name: `${params.channel} ${wire}`, channel, wire, market };
  if (channel === 'book') {
    const depth = Number(params.depth ?? 10);
    return DEPTHS.includes(depth) ? { ...topic, depth } : 'Subscription depth not supported';
  }
  if (channel !== 'candles') return topic;
  const interval = KRAKEN_MINUTES[Number(params.interval ?? 1)];
  return interval
    ? { ...topic, name: `${topic.name} ${interval}`, interval }
    : 'Subscription ohlc interval not supported';
}

/** Numbers are bare, with all their digits. */
const levels = (listing: Listing, list: readonly BookLevel[]) =>
  list.map(([ticks, lots]) => `{"price":${price(listing, ticks)},"qty":${size(listing, lots)}}`).join();

/** CRC32 over the top ten asks, then bids: price and size without point and leading zeros. */
function checksum(listing: Listing, view: BookView): number {
  const digits = (text: string) => text.replace('.', '').replace(/^0+/, '');
  const side = (of: 'buy' | 'sell') =>
    view
      .levels(of, 10)
      .map(([ticks, lots]) => digits(price(listing, ticks)) + digits(size(listing, lots)))
      .join('');
  return crc32(side('sell') + side('buy'));
}

const tradeRow = (wire: string, listing: Listing, { id, ts, ticks, lots, buyerIsMaker }: TapeTrade) =>
  `{"symbol":"${wire}","side":"${buyerIsMaker ? 'sell' : 'buy'}","price":${price(listing, ticks)},"qty":${size(listing, lots)},"ord_type":"market","trade_id":${id},"timestamp":"${time(ts)}"}`;

function candleRow({ wire, market: { listing } }: Topic, bar: Bar, ms: number): string {
  const prices = (['open', 'high', 'low', 'close'] as const).map(
    (key) => `"${key}":${price(listing, bar[key])}`,
  );
  return `{"symbol":"${wire}",${prices.join()},"trades":${bar.trades},"volume":${size(listing, bar.lots)},"vwap":${price(listing, bar.close)},"interval_begin":"${time(bar.ts)}","interval":${ms / 60_000},"timestamp":"${time(bar.ts + ms)}"}`;
}

/** `2023-09-25T07:49:37.708000Z` */
const time = (ts: number) => new Date(ts).toISOString().replace('Z', '000Z');
