import { followsUnbroken } from '../numbered-frames.ts';
import { type Channel, channelName, type Subscription, type Venue } from '../venue.ts';
import { coinbaseHistory } from './coinbase-history.ts';
import {
  CoinbaseMapper,
  MAX_FRAME_LENGTH,
  spellCoinbaseSymbol,
  unifyCoinbaseSymbol,
} from './coinbase-mapper.ts';

/** Coinbase's name of each channel; its candles are of five minutes only. */
const CHANNELS: Readonly<Partial<Record<Channel, string>>> = {
  trades: 'market_trades',
  book: 'level2',
  quotes: 'ticker',
  candles: 'candles',
};

/** Without it a channel that has no news for a minute is closed; with it silence always means a dead connection. */
const HEARTBEATS = '{"type":"subscribe","channel":"heartbeats"}';

/**
 * Coinbase Advanced Trade, public channels. The frames of a connection are numbered over all of its channels: a
 * number that is left out puts every book of the connection in doubt, and the connection is made anew.
 * https://docs.cdp.coinbase.com/coinbase-app/advanced-trade-apis/websocket/websocket-channels
 */
export function createCoinbase(): Venue {
  return {
    name: 'coinbase',
    market: 'spot',
    label: 'Coinbase Advanced',
    simulated: false,
    takes: ['spot'],
    channels: ['trades', 'book', 'quotes', 'candles'],
    intervals: ['5m'],
    limits: {
      silenceMs: 5_000,
      connects: { count: 8, perMs: 1_000 },
      messages: { count: 8, perMs: 1_000, scope: 'address' },
      rest: { host: 'api.coinbase.com', weight: { count: 10, perMs: 1_000 } },
      subscriptionsPerConnection: 400,
      reconnectFloorMs: 1_000,
      maxFrameLength: MAX_FRAME_LENGTH,
    },
    book: { snapshot: 'stream', follows: followsUnbroken },
    promises: { bookBreaks: ['frame numbers'], tradeBreaks: 'ids', backfill: 'by time', sizes: 'coins' },
    history: coinbaseHistory,
    streamUrl: 'wss://advanced-trade-ws.coinbase.com',
    wireSymbol: spellCoinbaseSymbol,
    unifiedSymbol: unifyCoinbaseSymbol,
    subscribe: (subscriptions) => [HEARTBEATS, ...requests('subscribe', subscriptions)],
    unsubscribe: (subscriptions) => requests('unsubscribe', subscriptions),
    createMapper: (symbols) => new CoinbaseMapper(symbols),
  };
}

/** One request a channel, each with a list of products. */
function requests(type: string, subscriptions: readonly Subscription[]): string[] {
  const products = new Map<string, Set<string>>();
  for (const { channel, symbol } of subscriptions) {
    const name = channelName(CHANNELS, channel);
    products.set(name, (products.get(name) ?? new Set()).add(spellCoinbaseSymbol(symbol)));
  }
  return [...products].map(([channel, ids]) => JSON.stringify({ type, product_ids: [...ids], channel }));
}
