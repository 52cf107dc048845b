import { INTERVALS } from '../../../shared/domain/market.ts';
import { BOOK_DEPTH, KUCOIN_INTERVALS, QUOTE_DEPTH } from '../../../shared/exchanges/kucoin/kucoin-mapper.ts';
import { spellKucoinSymbol } from '../../../shared/exchanges/kucoin/kucoin-symbols.ts';
import type { Channel, ConnectionInfo, Dialect, Heard, Topic, Words } from '../dialect.ts';
import { isText, level, levels, parse, price, size } from '../words.ts';
import { kucoinRoutes } from './kucoin-rest.ts';

const CHANNELS: Readonly<Record<string, Channel>> = { trade: 'trades', kline: 'candles', obu: 'book' };
const TOPICS_PER_CONNECTION = 600;

/** KuCoin spot, its unified WebSocket. https://www.kucoin.com/docs-new/websocket-api/base-info/introduction-uta */
export const kucoin: Dialect = {
  venue: 'kucoin',
  market: 'spot',
  sockets: ['/'],
  limits: {
    messages: { count: 300, perMs: 10_000 },
    connects: { count: 250, perMs: 300_000 },
    weight: { count: 4_000, perMs: 60_000, status: 429 },
  },
  spell: ({ kind, symbol }) => (kind === 'spot' ? spellKucoinSymbol(symbol) : undefined),
  connect,
  routes: kucoinRoutes,
};

function connect({ find }: ConnectionInfo): Words {
  const topics = new Set<string>();

  const obey = (request: Request): Heard => {
    const { id, action } = request;
    const topic = topicOf(request, find);
    if (topic === 'unheard of') return say({ id, result: false, message: 'invalid request data' });
    if (topic === 'unlisted') return say({ id, result: true });
    if (action === 'unsubscribe') {
      topics.delete(topic.name);
      return { ...say({ id, result: true }), unsubscribe: [topic.name] };
    }
    if (topics.size >= TOPICS_PER_CONNECTION) return say({ id, result: false, reason: 'too many topics' });
    const isNew = !topics.has(topic.name);
    topics.add(topic.name);
    return { ...say({ id, result: true }), subscribe: isNew ? [topic] : [] };
  };

  return {
    opened: () => say({ sessionId: 'sim', message: 'welcome', pingInterval: 18_000 }),
    hear: (text, at) => {
      const request = parse(text);
      if (!request) return {};
      if (request.type === 'ping') return say({ type: 'pong', id: request.id, ts: at * 1_000_000 });
      return obey(request);
    },
    trades: ({ wire, market: { listing } }, trades, at) =>
      trades.map(({ id, ts, ticks, lots, buyerIsMaker }) => {
        const [p, q] = [price(listing, ticks), size(listing, lots)];
        const side = buyerIsMaker ? 'sell' : 'buy';
        return `{"T":"trade.SPOT","P":${nanoseconds(at)},"d":{"E":${id},"M":${nanoseconds(ts)},"S":"${side}","p":"${p}","q":"${q}","s":"${wire}","ti":"${id}"}}`;
      }),
    book: ({ wire, market: { listing } }, { whole, first, last, bids, asks }, _view, at) => {
      const sides = { a: levels(listing, asks), b: levels(listing, bids) };
      return [depth(wire, BOOK_DEPTH, whole ? 'snapshot' : 'delta', [whole ? last : first, last], sides, at)];
    },
    quote: ({ wire, market: { listing } }, { updateId, bid, ask }, at) => {
      const sides = { a: [level(listing, ask)], b: [level(listing, bid)] };
      return [depth(wire, QUOTE_DEPTH, 'snapshot', [updateId, updateId], sides, at)];
    },
    candle: ({ name, wire, interval, market: { listing } }, bar, _closed, at) => {
      if (!interval || bar.trades === 0) return [];
      const prices = { o: bar.open, c: bar.close, h: bar.high, l: bar.low };
      const told = Object.entries(prices).map(([key, ticks]) => `"${key}":"${price(listing, ticks)}"`);
      const [O, C] = [bar.ts / 1000, (bar.ts + INTERVALS[interval]) / 1000];
      return [
        `{"T":"kline.SPOT","P":${nanoseconds(at)},"d":{${told},"S":false,"v":"${size(listing, bar.lots)}","i":"${name.split(':')[2]}","C":${C},"s":"${wire}","O":${O}}}`,
      ];
    },
  };
}

type Request = Record<string, unknown>;

/** What a request asks for; a symbol that is not listed is accepted and stays silent. */
function topicOf(request: Request, find: ConnectionInfo['find']): Topic | 'unheard of' | 'unlisted' {
  const { action, tradeType, channel, symbol, depth: asked, interval: name } = request;
  const told = isText(channel) ? CHANNELS[channel] : undefined;
  const isKnown = ['subscribe', 'unsubscribe'].includes(String(action).toLowerCase()) && tradeType === 'SPOT';
  if (!isKnown || !told || !isText(symbol)) return 'unheard of';
  const interval = KUCOIN_INTERVALS.get(String(name));
  if (told === 'candles' && !interval) return 'unheard of';
  if (told === 'book' && asked !== BOOK_DEPTH && asked !== QUOTE_DEPTH) return 'unheard of';
  const market = find(symbol);
  if (!market) return 'unlisted';
  return {
    name: `${channel}:${symbol}:${asked ?? name ?? ''}`,
    channel: asked === QUOTE_DEPTH ? 'quotes' : told,
    wire: symbol,
    market,
    ...(interval && { interval }),
  };
}

/** `O`..`C` are the numbers of the changes that it covers. */
function depth(
  wire: string,
  asked: string,
  kind: 'snapshot' | 'delta',
  [O, C]: [number, number],
  { a, b }: { a: string[][]; b: string[][] },
  at: number,
): string {
  const time = nanoseconds(at);
  return `{"T":"obu.SPOT","dp":"${asked}","t":"${kind}","P":${time},"d":{"C":${C},"M":${time},"O":${O},"a":${JSON.stringify(a)},"b":${JSON.stringify(b)},"s":"${wire}"}}`;
}

const nanoseconds = (ms: number) => `${ms}000000`;

const say = (message: object): Heard => ({ answers: [JSON.stringify(message)] });
