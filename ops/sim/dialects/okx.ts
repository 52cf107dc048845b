import type { Interval } from '../../../shared/domain/market.ts';
import type { BookChange } from '../book-view.ts';
import type { Bar } from '../candles.ts';
import type { Channel, ConnectionInfo, Dialect, Heard, Topic, Words } from '../dialect.ts';
import { type Listing, plain } from '../listing.ts';
import type { BookLevel } from '../matching.ts';
import { isText, notional, parse, price, size } from '../words.ts';
import { okxRoutes } from './okx-rest.ts';

export type OkxMarket = 'spot' | 'swap' | 'futures';

/** Levels a side of the channel `books`. */
const DEPTH = 400;
/** OKX's candles → ours. */
export const OKX_BARS: Readonly<Record<string, Interval>> = {
  ...{ '1s': '1s', '1m': '1m', '5m': '5m', '15m': '15m' },
  ...{ '1H': '1h', '4H': '4h', '1Dutc': '1d' },
};
/** Which socket serves what; candles are on the second, too. */
const PUBLIC: Readonly<Record<string, Channel>> = {
  trades: 'trades',
  books: 'book',
  'bbo-tbt': 'quotes',
  tickers: 'quotes',
  'mark-price': 'marks',
  'funding-rate': 'marks',
};
const BUSINESS: Readonly<Record<string, Channel>> = { 'trades-all': 'trades' };

/** OKX v5: spot, perpetual swaps, dated futures. https://www.okx.com/docs-v5/en/#overview-websocket */
export function okx(market: OkxMarket): Dialect {
  return {
    venue: 'okx',
    market,
    sockets: ['/ws/v5/public', '/ws/v5/business'],
    limits: {
      // 480 requests an hour, and the pings, which are not counted there.
      messages: { count: 480 + 240, perMs: 3_600_000 },
      connects: { count: 3, perMs: 1_000 },
      weight: { count: 20, perMs: 2_000, status: 429 },
    },
    spell: (listing) => spell(market, listing),
    connect: (connection) => connect(market, connection),
    routes: okxRoutes(market),
  };
}

function spell(market: OkxMarket, { kind, base, quote, expiry }: Listing): string | undefined {
  if (kind === 'spot') return market === 'spot' ? `${base}-${quote}` : undefined;
  if (market === 'swap' && !expiry) return `${base}-${quote}-SWAP`;
  return market === 'futures' && expiry ? `${base}-${quote}-${expiry}` : undefined;
}

function connect(market: OkxMarket, { path, find }: ConnectionInfo): Words {
  /** How far the numbers of a book lie below the engine's, since a reset. */
  const offsets = new Map<string, number>();
  const numbered = ({ name }: Topic, id: number) => (id === 0 ? -1 : id - (offsets.get(name) ?? 0));
  const frame = ({ name, wire }: Topic, rows: unknown[], more = {}) =>
    JSON.stringify({ arg: { channel: channelOf(name), instId: wire }, ...more, data: rows });
  const bookFrame = (topic: Topic, change: Omit<BookChange, 'first'>, at: number) => {
    const { listing } = topic.market;
    return frame(
      topic,
      [
        {
          asks: change.asks.map((each) => level(listing, each)),
          bids: change.bids.map((each) => level(listing, each)),
          ...{ ts: String(at), checksum: 0 },
          prevSeqId: change.whole ? -1 : numbered(topic, change.prev),
          seqId: numbered(topic, change.last),
        },
      ],
      { action: change.whole ? 'snapshot' : 'update' },
    );
  };
  const nothing = { whole: false, bids: [], asks: [] };

  return {
    hear: (text) => (text === 'ping' ? { answers: ['pong'] } : request(text, path, find)),
    trades: (topic, trades) =>
      trades.map(({ id, ts, ticks, lots, buyerIsMaker }) => {
        const { listing } = topic.market;
        const amounts = { px: price(listing, ticks), sz: size(listing, lots) };
        const row = { instId: topic.wire, tradeId: String(id), ...amounts };
        const count = channelOf(topic.name) === 'trades' ? { count: '1' } : {};
        return frame(topic, [
          { ...row, side: buyerIsMaker ? 'sell' : 'buy', ts: String(ts), ...count, source: '0' },
        ]);
      }),
    book: (topic, change, _view, at) => {
      if (change.whole) offsets.delete(topic.name);
      return [bookFrame(topic, change, at)];
    },
    quote: (topic, { bid, ask, updateId }, at) => {
      const { listing } = topic.market;
      const [b, a] = [level(listing, bid), level(listing, ask)];
      if (channelOf(topic.name) === 'bbo-tbt')
        return [frame(topic, [{ asks: [a], bids: [b], ts: String(at), seqId: updateId }])];
      const best = { askPx: a[0], askSz: a[1], bidPx: b[0], bidSz: b[1] };
      return [
        frame(topic, [{ instType: market.toUpperCase(), instId: topic.wire, ...best, ts: String(at) }]),
      ];
    },
    candle: (topic, bar, closed) => [frame(topic, [okxBar(topic.market.listing, bar, closed)])],
    mark: (topic, { markTicks, rate, nextFundingTs }, at) => {
      const row = { instType: market.toUpperCase(), instId: topic.wire, ts: String(at) };
      if (channelOf(topic.name) === 'mark-price')
        return [frame(topic, [{ ...row, markPx: price(topic.market.listing, markTicks) }])];
      const fundingRate = `${rate < 0 ? '-' : ''}${plain(Math.abs(rate), 8)}`;
      const times = {
        fundingTime: String(nextFundingTs),
        nextFundingTime: String(nextFundingTs + 28_800_000),
      };
      return [frame(topic, [{ ...row, fundingRate, ...times, method: 'current_period' }])];
    },
    shutdown: () => [
      '{"event":"notice","code":"64008","msg":"The connection will soon be closed for a service upgrade. Please reconnect.","connId":"a4d3ae55"}',
    ],
    quirks: {
      /** After about a minute without a change. */
      keepAlive: (topic, view, at) =>
        view ? [bookFrame(topic, { ...nothing, prev: view.id, last: view.id }, at)] : [],
      /** "The sequence may be reset due to maintenance": seqId falls below prevSeqId. */
      reset: (topic, view, at) => {
        if (!view) return [];
        const prevSeqId = numbered(topic, view.id);
        offsets.set(topic.name, view.id - 10);
        const row = { asks: [], bids: [], ts: String(at), checksum: 0, prevSeqId, seqId: 10 };
        return [frame(topic, [row], { action: 'update' })];
      },
    },
  };
}

/** `{"op":"subscribe","args":[{"channel","instId"}]}`; each argument is acknowledged or refused by itself. */
function request(text: string, path: string, find: ConnectionInfo['find']): Heard {
  const message = parse(text);
  const { op, args } = message ?? {};
  if ((op !== 'subscribe' && op !== 'unsubscribe') || !Array.isArray(args)) {
    return {
      answers: [
        JSON.stringify({ event: 'error', code: '60012', msg: `Invalid request: ${text.slice(0, 100)}` }),
      ],
    };
  }
  const answers: string[] = [];
  const topics: Topic[] = [];
  for (const arg of args as unknown[]) {
    const topic = topicOf(arg, path, find);
    if (topic) topics.push(topic);
    const answer = topic
      ? { event: op, arg, connId: 'a4d3ae55' }
      : {
          event: 'error',
          code: '60018',
          msg: `Wrong URL or ${JSON.stringify(arg)} doesn't exist`,
          connId: 'a4d3ae55',
        };
    answers.push(JSON.stringify(answer));
  }
  return op === 'subscribe'
    ? { answers, subscribe: topics }
    : { answers, unsubscribe: topics.map(({ name }) => name) };
}

function topicOf(arg: unknown, path: string, find: ConnectionInfo['find']): Topic | undefined {
  const { channel: told, instId } = (arg ?? {}) as Record<string, unknown>;
  if (!isText(told) || !isText(instId)) return undefined;
  const market = find(instId);
  const isBusiness = path.endsWith('/business');
  const interval = told.startsWith('candle') ? OKX_BARS[told.slice('candle'.length)] : undefined;
  const channel = isBusiness ? (interval ? 'candles' : BUSINESS[told]) : PUBLIC[told];
  if (!market || !channel) return undefined;
  const depth = channel === 'book' ? { depth: DEPTH } : {};
  return {
    name: `${told} ${instId}`,
    channel,
    wire: instId,
    market,
    ...(interval && { interval }),
    ...depth,
  };
}

const channelOf = (name: string) => name.slice(0, name.indexOf(' '));

/** `[price, size, "0", orders]` */
const level = (listing: Listing, [ticks, lots]: BookLevel) => [
  price(listing, ticks),
  lots === 0 ? '0' : size(listing, lots),
  '0',
  lots === 0 ? '0' : '1',
];

/** `[ts, open, high, low, close, volume, volCcy, volCcyQuote, confirm]` */
export const okxBar = (listing: Listing, bar: Bar, closed: boolean): string[] => [
  String(bar.ts),
  ...[bar.open, bar.high, bar.low, bar.close].map((ticks) => price(listing, ticks)),
  size(listing, bar.lots),
  size(listing, bar.lots),
  notional(listing, bar.quote),
  closed ? '1' : '0',
];
