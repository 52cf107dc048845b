import { crc32 } from 'node:zlib';
import type { Level } from '../../domain/market.ts';
import { followsUnbroken } from '../numbered-frames.ts';
import { channelName, type Subscription, type Venue } from '../venue.ts';
import { BITFINEX_FRAMES, BOOK_LENGTH, QUOTE_LENGTH, timeFrame } from './bitfinex-channels.ts';
import { bitfinexHistory } from './bitfinex-history.ts';
import { BitfinexMapper, MAX_FRAME_LENGTH } from './bitfinex-mapper.ts';
import { spellBitfinexSymbol, unifyBitfinexSymbol } from './bitfinex-symbols.ts';

/** Every frame with its time (32768) and its number on this connection (65536), and books with checksums (131072). */
const CONFIGURE = JSON.stringify({ event: 'conf', flags: 32_768 + 65_536 + 131_072 });

/**
 * Bitfinex spot over WebSocket v2. A channel is silent for 15 s at most: a heartbeat comes then. Frames are numbered
 * over all channels of a connection, of which it has 25; 20 connections a minute.
 * https://docs.bitfinex.com/docs/ws-general and ws-public
 */
export function createBitfinex(): Venue {
  return {
    name: 'bitfinex',
    market: 'spot',
    label: 'Bitfinex spot',
    simulated: false,
    takes: ['spot'],
    channels: ['trades', 'book', 'quotes', 'candles'],
    intervals: [...BITFINEX_FRAMES.values()],
    limits: {
      silenceMs: 25_000,
      connects: { count: 20, perMs: 60_000 },
      messages: { count: 5, perMs: 1_000 },
      rest: { host: 'api-pub.bitfinex.com', weight: { count: 90, perMs: 60_000 } },
      subscriptionsPerConnection: 25,
      reconnectFloorMs: 1_000,
      maxFrameLength: MAX_FRAME_LENGTH,
    },
    book: {
      snapshot: 'stream',
      follows: followsUnbroken,
      checksum: { levels: 25, create: () => bitfinexChecksum },
    },
    promises: {
      bookBreaks: ['frame numbers', 'checksum'],
      tradeBreaks: 'time',
      backfill: 'by time',
      sizes: 'coins',
    },
    history: bitfinexHistory,
    streamUrl: 'wss://api-pub.bitfinex.com/ws/2',
    wireSymbol: spellBitfinexSymbol,
    unifiedSymbol: unifyBitfinexSymbol,
    opening: [CONFIGURE],
    subscribe: (subscriptions) => subscriptions.map(request),
    unsubscribe: () => [],
    createMapper: () => new BitfinexMapper(),
  };
}

/**
 * CRC32, signed, over the top 25 of both sides in turn, best first, as `bid:amount:ask:-amount:…`, each number as
 * JavaScript spells it. https://docs.bitfinex.com/docs/ws-websocket-checksum
 */
export function bitfinexChecksum(bids: readonly Level[], asks: readonly Level[]): number {
  const numbers: string[] = [];
  for (let i = 0; i < Math.max(bids.length, asks.length); i++) {
    const [bid, ask] = [bids[i], asks[i]];
    if (bid) numbers.push(spelled(bid[0]), spelled(bid[1]));
    if (ask) numbers.push(spelled(ask[0]), `-${spelled(ask[1])}`);
  }
  return crc32(numbers.join(':')) | 0;
}

const TINY = /^0\.(0{6,})([1-9])(\d*)$/;

/** `0.00000066` → `6.6e-7`: below a millionth JavaScript turns to exponents. Every digit is kept. */
function spelled(decimal: string): string {
  const [, zeros, first, rest] = TINY.exec(decimal) ?? [];
  if (!zeros) return decimal;
  return `${first}${rest ? `.${rest}` : ''}e-${zeros.length + 1}`;
}

const CHANNELS = { trades: 'trades', book: 'book', quotes: 'book', candles: 'candles' };

function request({ channel, symbol, interval = '1m' }: Subscription): string {
  const name = channelName(CHANNELS, channel);
  const wire = spellBitfinexSymbol(symbol);
  const len = channel === 'quotes' ? QUOTE_LENGTH : BOOK_LENGTH;
  const what = {
    trades: { symbol: wire },
    book: { symbol: wire, prec: 'P0', freq: 'F0', len },
    candles: { key: `trade:${timeFrame(interval)}:${wire}` },
  }[name];
  return JSON.stringify({ event: 'subscribe', channel: name, ...what });
}
