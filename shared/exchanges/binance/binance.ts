import { type BookUpdate, INTERVALS, type Interval } from '../../domain/market.ts';
import { type BookPosition, channelName, type Subscription, type Venue } from '../venue.ts';
import { binanceHistory } from './binance-history.ts';
import { BinanceMapper, MAX_FRAME_LENGTH } from './binance-mapper.ts';
import { joinBinanceSymbol, splitBinanceSymbol } from './binance-symbols.ts';

/** Who speaks this dialect, and where. */
export interface BinanceOptions {
  name: string;
  label: string;
  simulated?: boolean;
  /** Without a path: `wss://stream.binance.com:9443`. */
  streamUrl: string;
  /** Stands in for the scheme and host of Binance's REST. */
  restOrigin?: string;
}

const BINANCE: BinanceOptions = {
  name: 'binance',
  label: 'Binance spot',
  streamUrl: 'wss://stream.binance.com:9443',
};

/** Binance spot. https://github.com/binance/binance-spot-api-docs/blob/master/web-socket-streams.md */
export function createBinance(options: BinanceOptions = BINANCE): Venue {
  const history = binanceHistory(options);
  return {
    name: options.name,
    market: 'spot',
    label: options.label,
    simulated: options.simulated ?? false,
    takes: ['spot'],
    channels: ['trades', 'book', 'quotes', 'candles'],
    intervals: Object.keys(INTERVALS) as Interval[],
    limits: {
      silenceMs: 30_000,
      lifeMs: 23.5 * 3_600_000,
      connects: { count: 300, perMs: 300_000 },
      messages: { count: 5, perMs: 1_000 },
      rest: {
        host: 'api.binance.com',
        weight: { count: 6_000, perMs: 60_000 },
        usedHeader: 'x-mbx-used-weight-1m',
      },
      subscriptionsPerConnection: 1_000,
      reconnectFloorMs: 100,
      maxFrameLength: MAX_FRAME_LENGTH,
    },
    book: { snapshot: 'rest', follows },
    promises: { bookBreaks: ['update ids'], tradeBreaks: 'ids', backfill: 'by id', sizes: 'coins' },
    history,
    streamUrl: `${options.streamUrl}/stream`,
    wireSymbol: joinBinanceSymbol,
    unifiedSymbol: splitBinanceSymbol,
    subscribe: (subscriptions) => binanceRequests('SUBSCRIBE', subscriptions.map(streamName)),
    unsubscribe: (subscriptions) => binanceRequests('UNSUBSCRIBE', subscriptions.map(streamName)),
    createMapper: (symbols = []) => new BinanceMapper(options.name, symbols),
  };
}

/** Drop what the book has, apply what touches it, anything later is a gap ("How to manage a local order book"). */
function follows({ id }: BookPosition, { first, last }: BookUpdate) {
  if (last !== undefined && last <= id) return 'drop';
  return first !== undefined && first > id + 1 ? 'gap' : 'apply';
}

const STREAMS_PER_REQUEST = 100;

/** One message for every hundred streams; several channels may be one stream. */
export function binanceRequests(method: string, wanted: readonly string[]): string[] {
  const streams = [...new Set(wanted)];
  const pages = Math.ceil(streams.length / STREAMS_PER_REQUEST);
  return Array.from({ length: pages }, (_, page) => {
    const params = streams.slice(page * STREAMS_PER_REQUEST, (page + 1) * STREAMS_PER_REQUEST);
    return JSON.stringify({ method, params, id: page + 1 });
  });
}

function streamName({ channel, symbol, interval = '1m' }: Subscription): string {
  const names = { trades: 'trade', book: 'depth@100ms', quotes: 'bookTicker', candles: `kline_${interval}` };
  return `${joinBinanceSymbol(symbol).toLowerCase()}@${channelName(names, channel)}`;
}
