import type { BookUpdate } from '../../domain/market.ts';
import { type BookPosition, type Channel, channelName, type Subscription, type Venue } from '../venue.ts';
import { gateHistory } from './gate-history.ts';
import {
  GATE_INTERVALS,
  GateMapper,
  MAX_FRAME_LENGTH,
  spellGateBook,
  spellGateSymbol,
  unifyGateSymbol,
} from './gate-mapper.ts';

const CHANNELS: Readonly<Partial<Record<Channel, string>>> = {
  trades: 'spot.trades',
  book: 'spot.obu',
  quotes: 'spot.book_ticker',
  candles: 'spot.candlesticks',
};

const NAMES_PER_REQUEST = 50;

/**
 * Gate spot over WebSocket v4. Books are those of "Order book V2" (`spot.obu`), which begin with a whole book in the
 * stream and number every change; the older `spot.order_book_update` begins with a REST book that is a cached one.
 * Requests leave out the `time` that the page asks for: it is accepted so, and an adapter has no clock.
 * https://www.gate.com/docs/developers/apiv4/ws/en/
 */
export function createGate(): Venue {
  return {
    name: 'gate',
    market: 'spot',
    label: 'Gate spot',
    simulated: false,
    takes: ['spot'],
    channels: ['trades', 'book', 'quotes', 'candles'],
    intervals: GATE_INTERVALS,
    limits: {
      silenceMs: 45_000,
      ping: { message: '{"channel":"spot.ping"}', everyMs: 15_000 },
      // No limit of the stream is documented: these keep far below what is known to work.
      connects: { count: 60, perMs: 60_000 },
      messages: { count: 10, perMs: 1_000 },
      rest: { host: 'api.gateio.ws', weight: { count: 200, perMs: 10_000 } },
      subscriptionsPerConnection: 200,
      reconnectFloorMs: 1_000,
      maxFrameLength: MAX_FRAME_LENGTH,
    },
    book: { snapshot: 'stream', follows },
    promises: { bookBreaks: ['update ids'], tradeBreaks: 'ids', backfill: 'by id', sizes: 'coins' },
    history: gateHistory,
    streamUrl: 'wss://api.gateio.ws/ws/v4/',
    wireSymbol: spellGateSymbol,
    unifiedSymbol: unifyGateSymbol,
    subscribe: (subscriptions) => requests('subscribe', subscriptions),
    unsubscribe: (subscriptions) => requests('unsubscribe', subscriptions),
    createMapper: (symbols) => new GateMapper(symbols),
  };
}

/** "If U = local depth ID + 1 the update is continuous, else unsubscribe and subscribe again." */
function follows({ id }: BookPosition, { first = 0, last = 0 }: BookUpdate) {
  if (last <= id) return 'drop';
  return first === id + 1 ? 'apply' : 'gap';
}

/** One request a channel with a list of names; candles take one request each. */
function requests(event: string, subscriptions: readonly Subscription[]): string[] {
  const lists = new Map<string, string[]>();
  const messages: string[] = [];
  const write = (channel: string, payload: string[]) =>
    messages.push(JSON.stringify({ channel, event, payload }));
  for (const { channel, symbol, interval = '1m' } of subscriptions) {
    const name = channelName(CHANNELS, channel);
    const wire = spellGateSymbol(symbol);
    if (channel === 'candles') write(name, [interval, wire]);
    else lists.set(name, [...(lists.get(name) ?? []), channel === 'book' ? spellGateBook(symbol) : wire]);
  }
  for (const [name, payload] of lists) {
    for (let at = 0; at < payload.length; at += NAMES_PER_REQUEST) {
      write(name, payload.slice(at, at + NAMES_PER_REQUEST));
    }
  }
  return messages;
}
