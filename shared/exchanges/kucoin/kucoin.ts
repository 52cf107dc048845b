import type { BookUpdate } from '../../domain/market.ts';
import { type BookPosition, channelName, type Subscription, type Venue } from '../venue.ts';
import { intervalName, kucoinHistory } from './kucoin-history.ts';
import {
  BOOK_DEPTH,
  KUCOIN_INTERVALS,
  KucoinMapper,
  LEAVING,
  MAX_FRAME_LENGTH,
  QUOTE_DEPTH,
} from './kucoin-mapper.ts';
import { spellKucoinSymbol, unifyKucoinSymbol } from './kucoin-symbols.ts';

const CHANNELS = { trades: 'trade', book: 'obu', quotes: 'obu', candles: 'kline' };

/**
 * KuCoin spot over its unified ("Pro") WebSocket, which asks for no token. A book begins with a whole one of 500
 * levels a side and goes on with changes of 10 ms each. The welcome asks for a ping every 18 s; a busy connection may
 * send 300 messages in 10 s. A symbol that it does not know is answered with success and then silence.
 * https://www.kucoin.com/docs-new/websocket-api/base-info/introduction-uta, 3470354w0 (book) and 3470359w0 (trade)
 */
export function createKucoin(): Venue {
  return {
    name: 'kucoin',
    market: 'spot',
    label: 'KuCoin spot',
    simulated: false,
    takes: ['spot'],
    channels: ['trades', 'book', 'quotes', 'candles'],
    intervals: [...KUCOIN_INTERVALS.values()],
    limits: {
      silenceMs: 25_000,
      ping: { message: '{"id":"ping","type":"ping"}', everyMs: 15_000 },
      connects: { count: 250, perMs: 300_000 },
      messages: { count: 300, perMs: 10_000 },
      rest: { host: 'api.kucoin.com', weight: { count: 2_000, perMs: 30_000 } },
      subscriptionsPerConnection: 200,
      reconnectFloorMs: 1_000,
      maxFrameLength: MAX_FRAME_LENGTH,
    },
    book: { snapshot: 'stream', follows },
    promises: {
      bookBreaks: ['update ids'],
      tradeBreaks: 'time',
      backfill: { newest: kucoinHistory.trades.pageSize },
      sizes: 'coins',
    },
    history: kucoinHistory,
    streamUrl: 'wss://x-push-spot.kucoin.com',
    wireSymbol: spellKucoinSymbol,
    unifiedSymbol: unifyKucoinSymbol,
    subscribe: (subscriptions) => subscriptions.map((wanted) => request('subscribe', wanted)),
    unsubscribe: (subscriptions) => subscriptions.map((wanted) => request('unsubscribe', wanted)),
    createMapper: (symbols) => new KucoinMapper(symbols),
  };
}

/** A change is good when it begins at or before the next number, and ends behind the last one. */
function follows({ id }: BookPosition, { first = 0, last = 0 }: BookUpdate) {
  if (last <= id) return 'drop';
  return first > id + 1 ? 'gap' : 'apply';
}

/** One symbol a request: most channels take no list. The id comes back with the answer. */
function request(
  action: 'subscribe' | 'unsubscribe',
  { channel, symbol, interval = '1m' }: Subscription,
): string {
  const name = channelName(CHANNELS, channel);
  const wire = spellKucoinSymbol(symbol);
  const detail = {
    ...(name === 'obu' && { depth: channel === 'quotes' ? QUOTE_DEPTH : BOOK_DEPTH }),
    ...(name === 'kline' && { interval: intervalName(interval) }),
  };
  const id = `${action === 'unsubscribe' ? LEAVING : ''}${channel}-${wire}`;
  return JSON.stringify({ id, action, channel: name, tradeType: 'SPOT', symbol: wire, ...detail });
}
