import { INTERVALS } from '../../../shared/domain/market.ts';
import { BITFINEX_FRAMES } from '../../../shared/exchanges/bitfinex/bitfinex-channels.ts';
import { spellBitfinexSymbol } from '../../../shared/exchanges/bitfinex/bitfinex-symbols.ts';
import type { BookView } from '../book-view.ts';
import type { ConnectionInfo, Dialect, Heard, Topic, Words } from '../dialect.ts';
import type { BookLevel } from '../matching.ts';
import { isText, parse } from '../words.ts';
import { bitfinexRoutes } from './bitfinex-rest.ts';
import { candleRow, checksumOf, isGone, isTraded, levelRow, movedRows, tradeRow } from './bitfinex-rows.ts';

const FLAGS = { timestamp: 32_768, sequence: 65_536, checksum: 131_072 };
const CHANNELS_PER_CONNECTION = 25;
const HEARTBEAT_MS = 15_000;
const LAST_TRADES = 30;
const LAST_CANDLES = 60;

/** Bitfinex spot. https://docs.bitfinex.com/docs/ws-general and the pages of its public channels */
export const bitfinex: Dialect = {
  venue: 'bitfinex',
  market: 'spot',
  sockets: ['/ws/2'],
  limits: {
    messages: { count: 20, perMs: 1_000 },
    connects: { count: 20, perMs: 60_000 },
    weight: { count: 90, perMs: 60_000, status: 429 },
  },
  spell: ({ kind, symbol }) => (kind === 'spot' ? spellBitfinexSymbol(symbol) : undefined),
  connect,
  routes: bitfinexRoutes,
};

/** A subscription of this connection, and the best levels that it was told where it has one price point. */
interface Open {
  id: number;
  toldAt: number;
  bid?: BookLevel | undefined;
  ask?: BookLevel | undefined;
}

function connect({ find }: ConnectionInfo): Words {
  const channels = new Map<string, Open>();
  let flags = 0;
  let number = 0;
  let nextId = 10_000;

  /** `[channel id, payload…, number, time]`, the last two as the flags have it. */
  const frame = (name: string, payload: readonly unknown[], at: number): string => {
    const channel = channels.get(name) as Open;
    channel.toldAt = at;
    const numbers = flags & FLAGS.sequence ? [++number] : [];
    const times = flags & FLAGS.timestamp ? [at] : [];
    return JSON.stringify([channel.id, ...payload, ...numbers, ...times]);
  };
  /** Of a book that has moved on since this change, the venue of the moment can't tell the checksum. */
  const checksum = ({ name, market }: Topic, view: BookView, at: number): string[] =>
    flags & FLAGS.checksum && view.id === market.book.updateId
      ? [frame(name, ['cs', checksumOf(view)], at)]
      : [];

  const subscribe = (request: Request, at: number): Heard => {
    const topic = topicOf(request, find);
    if (!topic) return refuse(request, 10_300, 'symbol: invalid');
    if (channels.has(topic.name)) return refuse(request, 10_301, 'subscribe: dup');
    if (channels.size >= CHANNELS_PER_CONNECTION) return refuse(request, 10_305, 'channel: limit');
    const id = nextId++;
    channels.set(topic.name, { id, toldAt: at });
    const { event: _, ...asked } = request;
    return { ...say({ event: 'subscribed', chanId: id, ...asked }), subscribe: [topic] };
  };
  const unsubscribe = (request: Request): Heard => {
    const name = [...channels.keys()].find((key) => channels.get(key)?.id === request.chanId);
    if (name === undefined) return refuse(request, 10_400, 'unsubscribe: invalid');
    channels.delete(name);
    return { ...say({ event: 'unsubscribed', status: 'OK', chanId: request.chanId }), unsubscribe: [name] };
  };

  return {
    opened: () => say({ event: 'info', version: 2, serverId: 'sim', platform: { status: 1 } }),
    hear: (text, at) => {
      const request = parse(text) ?? {};
      switch (request.event) {
        case 'conf':
          flags = Number(request.flags) | 0;
          return say({ event: 'conf', status: 'OK', flags });
        case 'ping':
          return say({ event: 'pong', ts: at, cid: request.cid });
        case 'subscribe':
          return subscribe(request, at);
        case 'unsubscribe':
          return unsubscribe(request);
        default:
          return refuse(request, 10_000, 'event: invalid');
      }
    },
    opening: (topic, at) => {
      const rows = openingRows(topic, at);
      if (topic.channel === 'quotes') Object.assign(channels.get(topic.name) as Open, bestOf(topic));
      return rows ? [frame(topic.name, [rows], at)] : [];
    },
    trades: ({ name, market: { listing } }, trades, at) =>
      ['te', 'tu'].flatMap((word) =>
        trades.map((trade) => frame(name, [word, tradeRow(listing, trade)], at)),
      ),
    book: (topic, { whole, bids, asks }, view, at) => {
      const { listing } = topic.market;
      const rows = [
        ...bids.map((level) => levelRow(listing, level, 1)),
        ...asks.map((level) => levelRow(listing, level, -1)),
      ];
      const told: unknown[] = whole
        ? [rows]
        : [...rows.filter(isGone), ...rows.filter((row) => !isGone(row))];
      return [...told.map((row) => frame(topic.name, [row], at)), ...checksum(topic, view, at)];
    },
    quote: ({ name, market: { listing } }, { bid, ask }, at) => {
      const channel = channels.get(name) as Open;
      const rows = [...movedRows(listing, channel.bid, bid, 1), ...movedRows(listing, channel.ask, ask, -1)];
      Object.assign(channel, { bid, ask });
      return rows.map((row) => frame(name, [row], at));
    },
    candle: ({ name, market: { listing } }, bar, _closed, at) =>
      isTraded(bar) ? [frame(name, [candleRow(listing, bar)], at)] : [],
    heartbeat: (at) =>
      [...channels]
        .filter(([, { toldAt }]) => at - toldAt >= HEARTBEAT_MS)
        .map(([name]) => frame(name, ['hb'], at)),
    shutdown: () => [
      JSON.stringify({ event: 'info', code: 20_051, msg: 'Stopping. Please try to reconnect' }),
    ],
  };
}

type Request = Record<string, unknown>;

/** What a request asks for; undefined for a channel, symbol, length or key that does not exist. */
function topicOf(request: Request, find: ConnectionInfo['find']): Topic | undefined {
  const { channel, symbol, key, prec = 'P0', len = '25' } = request;
  if (channel === 'candles') return isText(key) ? candlesOf(key, find) : undefined;
  const wire = isText(symbol) ? symbol : '';
  const market = find(wire);
  if (!market) return undefined;
  if (channel === 'trades') return { name: `trades:${wire}`, channel, wire, market };
  if (channel !== 'book' || prec !== 'P0' || !['1', '25', '100', '250'].includes(String(len)))
    return undefined;
  const kind = String(len) === '1' ? 'quotes' : 'book';
  return { name: `book:${wire}:${len}`, channel: kind, wire, market };
}

/** `trade:1m:tBTCUSD` */
function candlesOf(key: string, find: ConnectionInfo['find']): Topic | undefined {
  const [, frame = '', wire = ''] = /^trade:(\w+):(.+)$/.exec(key) ?? [];
  const [interval, market] = [BITFINEX_FRAMES.get(frame), find(wire)];
  return interval && market && { name: key, channel: 'candles', wire, market, interval };
}

/** The last trades or candles, newest first, or the best level of each side. */
function openingRows(topic: Topic, at: number): unknown[][] | undefined {
  const { channel, market, interval } = topic;
  const { listing, tape, candles } = market;
  if (channel === 'trades') {
    const last = tape.from(tape.nextId - LAST_TRADES, LAST_TRADES);
    return last.map((trade) => tradeRow(listing, trade)).reverse();
  }
  if (channel === 'candles' && interval) {
    const bars = candles.newestBars(INTERVALS[interval], at, LAST_CANDLES).filter(isTraded);
    return bars.map((bar) => candleRow(listing, bar)).reverse();
  }
  if (channel !== 'quotes') return undefined;
  const { bid, ask } = bestOf(topic);
  return [...(bid ? [levelRow(listing, bid, 1)] : []), ...(ask ? [levelRow(listing, ask, -1)] : [])];
}

const bestOf = ({ market: { book } }: Topic) => ({ bid: book.best('buy'), ask: book.best('sell') });

const say = (message: object): Heard => ({ answers: [JSON.stringify(message)] });

const refuse = ({ event: _, ...asked }: Request, code: number, msg: string): Heard =>
  say({ event: 'error', msg, code, ...asked });
