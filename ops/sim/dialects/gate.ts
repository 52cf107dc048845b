import { isInterval } from '../../../shared/domain/market.ts';
import type { ConnectionInfo, Dialect, Heard, Topic, Words } from '../dialect.ts';
import { isText, levels, notional, parse, price, size, texts } from '../words.ts';
import { gateRoutes } from './gate-rest.ts';

/** Gate spot over WebSocket v4. https://www.gate.com/docs/developers/apiv4/ws/en/ */
export const gate: Dialect = {
  venue: 'gate',
  market: 'spot',
  sockets: ['/ws/v4'],
  limits: {
    messages: { count: 50, perMs: 1_000 },
    connects: { count: 300, perMs: 300_000 },
    weight: { count: 1_200, perMs: 60_000, status: 429 },
  },
  spell: ({ kind, base, quote }) => (kind === 'spot' ? `${base}_${quote}` : undefined),
  connect,
  routes: gateRoutes,
};

const ANNOUNCEMENT =
  '{"type":"upgrade","msg":"The connection will soon be closed for a service upgrade. Please reconnect."}';

function connect({ find }: ConnectionInfo): Words {
  const book: NonNullable<Words['book']> = ({ name, market: { listing } }, change, _view, at) => {
    if (!change.whole && change.last === change.prev) return [];
    const numbers = change.whole ? { full: true } : { U: change.prev + 1 };
    const sides = { b: levels(listing, change.bids), a: levels(listing, change.asks) };
    return [update('spot.obu', { t: at, ...numbers, s: name, u: change.last, ...sides }, at)];
  };
  return {
    hear: (text, at) => hear(text, at, find),
    trades: ({ wire, market: { listing } }, trades, at) =>
      trades.map(({ id, ts, ticks, lots, buyerIsMaker }) =>
        update(
          'spot.trades',
          {
            ...{ id, id_market: id, create_time: Math.floor(ts / 1000), create_time_ms: `${ts}.000000` },
            ...{ side: buyerIsMaker ? 'sell' : 'buy', currency_pair: wire, amount: size(listing, lots) },
            ...{ price: price(listing, ticks), range: `${id}-${id}` },
          },
          at,
        ),
      ),
    book,
    quote: ({ wire, market: { listing } }, { updateId, bid, ask }, at) => {
      const [b, B] = [price(listing, bid[0]), size(listing, bid[1])];
      const [a, A] = [price(listing, ask[0]), size(listing, ask[1])];
      return [update('spot.book_ticker', { t: at, u: updateId, s: wire, b, B, a, A }, at)];
    },
    candle: ({ name, market: { listing } }, bar, closed, at) => {
      const [o, h, l, c] = [bar.open, bar.high, bar.low, bar.close].map((ticks) => price(listing, ticks));
      const volumes = { v: notional(listing, bar.quote), a: size(listing, bar.lots) };
      const t = String(bar.ts / 1000);
      return [update('spot.candlesticks', { t, ...volumes, o, h, l, c, n: name, w: closed }, at)];
    },
    shutdown: () => [ANNOUNCEMENT],
    quirks: { 'a whole book again': (topic, view, at) => (view ? book(topic, view.whole(), view, at) : []) },
  };
}

function hear(text: string, at: number, find: ConnectionInfo['find']): Heard {
  const { channel, event, payload } = parse(text) ?? {};
  if (!isText(channel)) return said('', '', at, { error: refusal(1, 'request message need json scheme') });
  if (channel === 'spot.ping') return said('spot.pong', '', at, { result: null });
  const names = texts(payload);
  const read = READERS[channel];
  if (!read || (event !== 'subscribe' && event !== 'unsubscribe')) {
    return said(channel, event, at, { error: refusal(2, `Unknown channel ${channel}`) });
  }
  const topics = read(names, find);
  const unknown = topics.find((topic) => isText(topic));
  if (unknown !== undefined) {
    return said(channel, event, at, { error: refusal(2, `unknown currency pair: ${unknown}`) });
  }
  const known = topics.filter((topic): topic is Topic => !isText(topic));
  const answer = said(channel, event, at, { payload: names, result: { status: 'success' } });
  return event === 'subscribe'
    ? { ...answer, subscribe: known }
    : { ...answer, unsubscribe: known.map(({ name }) => name) };
}

/** The topics that a payload names; a text stands for a pair that there is not. */
type Reader = (payload: string[], find: ConnectionInfo['find']) => (Topic | string)[];

const READERS: Readonly<Record<string, Reader>> = {
  'spot.trades': (pairs, find) => pairs.map((wire) => topicOf('trades', `trades ${wire}`, wire, find)),
  'spot.book_ticker': (pairs, find) => pairs.map((wire) => topicOf('quotes', `best ${wire}`, wire, find)),
  'spot.candlesticks': ([interval = '', wire = ''], find) => {
    const topic = topicOf('candles', `${interval}_${wire}`, wire, find);
    return [isText(topic) || !isInterval(interval) ? wire : { ...topic, interval }];
  },
  // A stream that there is not is acknowledged like any other.
  'spot.obu': (streams, find) =>
    streams.flatMap((name) => {
      const [, wire = '', depth] = /^ob\.(.+)\.(50|400)$/.exec(name) ?? [];
      const topic = topicOf('book', name, wire, find);
      return isText(topic) ? [] : [{ ...topic, depth: Number(depth) }];
    }),
};

function topicOf(
  channel: Topic['channel'],
  name: string,
  wire: string,
  find: ConnectionInfo['find'],
): Topic | string {
  const market = find(wire);
  return market ? { name, channel, wire, market } : wire;
}

const update = (channel: string, result: object, at: number) =>
  JSON.stringify({ time: Math.floor(at / 1000), time_ms: at, channel, event: 'update', result });

const refusal = (code: number, message: string) => ({ code, message });

const said = (channel: string, event: unknown, at: number, rest: object): Heard => ({
  answers: [JSON.stringify({ time: Math.floor(at / 1000), time_ms: at, channel, event, ...rest })],
});
