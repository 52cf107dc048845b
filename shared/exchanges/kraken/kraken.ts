import type { Interval } from '../../domain/market.ts';
import type { Subscription, Venue } from '../venue.ts';
import { krakenChecksum } from './kraken-checksum.ts';
import { krakenHistory } from './kraken-history.ts';
import { KRAKEN_MINUTES, KrakenMapper, MAX_FRAME_LENGTH, unifyKrakenSymbol } from './kraken-mapper.ts';

/** Levels a side that we subscribe to: 10, 25, 100, 500 or 1000. */
const DEPTH = 100;

/** Kraken spot over WebSocket v2. https://docs.kraken.com/exchange/api-reference/spot-websocket */
export function createKraken(): Venue {
  return {
    name: 'kraken',
    market: 'spot',
    label: 'Kraken spot',
    simulated: false,
    takes: ['spot'],
    channels: ['trades', 'book', 'quotes', 'candles'],
    intervals: [...KRAKEN_MINUTES.values()],
    limits: {
      // A heartbeat a second where there is no other news.
      silenceMs: 5_000,
      ping: { message: '{"method":"ping"}', everyMs: 20_000 },
      connects: { count: 150, perMs: 600_000 },
      // "Dynamic", without a figure.
      messages: { count: 6, perMs: 1_000 },
      rest: { host: 'api.kraken.com', weight: { count: 10, perMs: 10_000 } },
      subscriptionsPerConnection: 1_000,
      reconnectFloorMs: 4_500,
      maxFrameLength: MAX_FRAME_LENGTH,
    },
    book: { snapshot: 'stream', checksum: { levels: 10, create: krakenChecksum } },
    promises: { bookBreaks: ['checksum'], tradeBreaks: 'ids', backfill: 'by time', sizes: 'coins' },
    history: krakenHistory,
    streamUrl: 'wss://ws.kraken.com/v2',
    wireSymbol: (symbol) => symbol,
    unifiedSymbol: unifyKrakenSymbol,
    subscribe: (subscriptions) => requests('subscribe', subscriptions),
    unsubscribe: (subscriptions) => requests('unsubscribe', subscriptions),
    createMapper: (symbols) => new KrakenMapper(symbols),
  };
}

/** One request a channel and interval; each takes a list of symbols. */
function requests(method: string, subscriptions: readonly Subscription[]): string[] {
  const symbols = new Map<string, { params: object; symbol: string[] }>();
  for (const subscription of subscriptions) {
    const params = channelParams(subscription);
    const key = JSON.stringify(params);
    const group = symbols.get(key) ?? { params, symbol: [] };
    group.symbol.push(subscription.symbol);
    symbols.set(key, group);
  }
  return [...symbols.values()].map(({ params, symbol }) =>
    JSON.stringify({ method, params: { ...params, symbol } }),
  );
}

function channelParams({ channel, interval = '1m' }: Subscription): object {
  if (channel === 'trades') return { channel: 'trade', snapshot: true };
  if (channel === 'book') return { channel: 'book', depth: DEPTH, snapshot: true };
  if (channel === 'quotes') return { channel: 'ticker', event_trigger: 'bbo', snapshot: true };
  return { channel: 'ohlc', interval: minutesOf(interval), snapshot: true };
}

function minutesOf(interval: Interval): number | undefined {
  for (const [minutes, name] of KRAKEN_MINUTES) if (name === interval) return minutes;
  return undefined;
}
