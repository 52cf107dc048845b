import { INTERVALS } from '../../../shared/domain/market.ts';
import type { Bar } from '../candles.ts';
import type { Channel, ConnectionInfo, Dialect, Heard, Topic, Words } from '../dialect.ts';
import type { Listing } from '../listing.ts';
import type { BookLevel } from '../matching.ts';
import type { TapeTrade } from '../tape.ts';
import { isText, parse, price, size, texts } from '../words.ts';
import { coinbaseRoutes } from './coinbase-rest.ts';

const CHANNELS: Readonly<Record<string, Channel>> = {
  market_trades: 'trades',
  level2: 'book',
  ticker: 'quotes',
  candles: 'candles',
};
/** Frames of some channels go by another name than the channel was asked for. */
const SPOKEN: Readonly<Record<string, string>> = { level2: 'l2_data' };
const TRADES_IN_SNAPSHOT = 50;
/** A taker's side of the trade → the maker's, which Coinbase tells. */
export const makerSide = (buyerIsMaker: boolean) => (buyerIsMaker ? 'BUY' : 'SELL');

/**
 * Coinbase Advanced Trade: every frame of a connection, acknowledgements included, has the next number.
 * https://docs.cdp.coinbase.com/coinbase-app/advanced-trade-apis/websocket/websocket-channels
 */
export const coinbase: Dialect = {
  venue: 'coinbase',
  market: 'spot',
  sockets: ['/'],
  limits: {
    messages: { count: 8, perMs: 1_000 },
    connects: { count: 8, perMs: 1_000 },
    weight: { count: 10, perMs: 1_000, status: 429 },
  },
  spell: ({ kind, base, quote }) => (kind === 'spot' ? `${base}-${quote}` : undefined),
  connect,
  routes: coinbaseRoutes,
};

function connect({ find }: ConnectionInfo): Words {
  const subscribed = new Map<string, Set<string>>();
  let number = 0;
  let beats = 0;
  const frame = (channel: string, events: unknown[], at: number) =>
    JSON.stringify({ channel, client_id: '', timestamp: time(at), sequence_num: number++, events });
  const tell = ({ name }: Topic, type: 'snapshot' | 'update', facts: object, at: number) => {
    const asked = name.slice(0, name.indexOf(' '));
    return frame(SPOKEN[asked] ?? asked, [{ type, ...facts }], at);
  };

  return {
    hear: (text, at) => request(text, at, { find, subscribed, frame }),
    opening: (topic, at) => {
      const { tape, candles } = topic.market;
      if (topic.channel === 'trades') {
        const last = tape.from(tape.nextId - TRADES_IN_SNAPSHOT, TRADES_IN_SNAPSHOT).reverse();
        return [tell(topic, 'snapshot', { trades: last.map((trade) => tradeRow(topic, trade)) }, at)];
      }
      if (topic.channel !== 'candles') return [];
      const bars = candles.newestBars(INTERVALS['5m'], at, 3).reverse();
      return [tell(topic, 'snapshot', { candles: bars.map((bar) => candleRow(topic, bar)) }, at)];
    },
    trades: (topic, trades, at) => {
      const rows = [...trades].reverse().map((trade) => tradeRow(topic, trade));
      return [tell(topic, 'update', { trades: rows }, at)];
    },
    book: (topic, { whole, bids, asks }, _view, at) => {
      const { listing } = topic.market;
      const rows = (side: string, list: readonly BookLevel[]) =>
        list.map((level) => ({ side, event_time: time(at), ...quantity(listing, level) }));
      const updates = [...rows('bid', bids), ...rows('offer', asks)];
      return [tell(topic, whole ? 'snapshot' : 'update', { product_id: topic.wire, updates }, at)];
    },
    quote: (topic, { bid, ask }, at) => {
      const { listing } = topic.market;
      const row = {
        ...{ type: 'ticker', product_id: topic.wire, price: price(listing, bid[0]) },
        ...{ best_bid: price(listing, bid[0]), best_bid_quantity: size(listing, bid[1]) },
        ...{ best_ask: price(listing, ask[0]), best_ask_quantity: size(listing, ask[1]) },
      };
      return [tell(topic, 'update', { tickers: [row] }, at)];
    },
    /** The end of a candle shows only in the first word of the next. */
    candle: (topic, bar, closed, at) => {
      const next = closed ? topic.market.candles.bar(at, INTERVALS['5m']) : undefined;
      const rows = [bar, ...(next ? [next] : [])].map((each) => candleRow(topic, each));
      return [tell(topic, 'update', { candles: rows }, at)];
    },
    heartbeat: (at) =>
      subscribed.has('heartbeats')
        ? [frame('heartbeats', [{ current_time: time(at), heartbeat_counter: beats++ }], at)]
        : [],
  };
}

interface Client {
  find: ConnectionInfo['find'];
  subscribed: Map<string, Set<string>>;
  frame(channel: string, events: unknown[], at: number): string;
}

/** One channel a message; the answer lists all that is subscribed to. */
function request(text: string, at: number, { find, subscribed, frame }: Client): Heard {
  const { type, channel: asked, product_ids } = parse(text) ?? {};
  const isKnown = isText(asked) && (CHANNELS[asked] !== undefined || asked === 'heartbeats');
  if ((type !== 'subscribe' && type !== 'unsubscribe') || !isKnown) {
    return {
      answers: [
        JSON.stringify({
          type: 'error',
          message: 'failure to subscribe',
          reason: `unknown channel ${asked}`,
        }),
      ],
    };
  }
  const products = texts(product_ids);
  const unknown = products.find((wire) => !find(wire));
  if (unknown !== undefined) {
    return {
      answers: [
        JSON.stringify({
          type: 'error',
          message: 'failure to subscribe',
          reason: `${unknown} is not a valid product`,
        }),
      ],
    };
  }
  const names = subscribed.get(asked) ?? new Set<string>();
  for (const wire of asked === 'heartbeats' ? ['heartbeats'] : products) {
    if (type === 'subscribe') names.add(wire);
    else names.delete(wire);
  }
  if (names.size > 0) subscribed.set(asked, names);
  else subscribed.delete(asked);
  const listed = Object.fromEntries([...subscribed].map(([channel, ids]) => [channel, [...ids]]));
  const answers = [frame('subscriptions', [{ subscriptions: listed }], at)];
  const topics = products.flatMap((wire) => topicOf(asked, wire, find));
  return type === 'subscribe'
    ? { answers, subscribe: topics }
    : { answers, unsubscribe: topics.map(({ name }) => name) };
}

function topicOf(asked: string, wire: string, find: ConnectionInfo['find']): Topic[] {
  const [channel, market] = [CHANNELS[asked], find(wire)];
  if (!channel || !market) return [];
  return [
    { name: `${asked} ${wire}`, channel, wire, market, ...(channel === 'candles' && { interval: '5m' }) },
  ];
}

const tradeRow = (
  { wire, market: { listing } }: Topic,
  { id, ts, ticks, lots, buyerIsMaker }: TapeTrade,
) => ({
  ...{ product_id: wire, trade_id: String(id), price: price(listing, ticks), size: size(listing, lots) },
  ...{ time: time(ts), side: makerSide(buyerIsMaker) },
});

const candleRow = ({ wire, market: { listing } }: Topic, bar: Bar) => ({
  start: String(bar.ts / 1_000),
  ...Object.fromEntries(
    (['high', 'low', 'open', 'close'] as const).map((key) => [key, price(listing, bar[key])]),
  ),
  volume: size(listing, bar.lots),
  product_id: wire,
});

const quantity = (listing: Listing, [ticks, lots]: BookLevel) => ({
  price_level: price(listing, ticks),
  new_quantity: lots === 0 ? '0' : size(listing, lots),
});

const time = (ts: number) => new Date(ts).toISOString();
