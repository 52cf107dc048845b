import type { BookUpdate } from '../../domain/market.ts';
import { type BookPosition, type Channel, channelName, type Subscription, type Venue } from '../venue.ts';
import { barOf, okxHistory } from './okx-history.ts';
import { MAX_FRAME_LENGTH, OKX_BARS, OkxMapper } from './okx-mapper.ts';
import { okxInstId, unifyOkxSymbol } from './okx-symbols.ts';

const PUBLIC = 'wss://ws.okx.com:8443/ws/v5/public';
const BUSINESS = 'wss://ws.okx.com:8443/ws/v5/business';
/** 64 KiB a message; one argument takes about 60 characters. */
const ARGS_PER_REQUEST = 200;

const TAKES = {
  spot: ['spot'],
  swap: ['linear swap', 'inverse swap'],
  futures: ['linear future', 'inverse future'],
} as const;

const CHANNELS = {
  spot: ['trades', 'book', 'quotes', 'candles'],
  swap: ['trades', 'book', 'quotes', 'candles', 'funding', 'mark'],
  futures: ['trades', 'book', 'quotes', 'candles', 'mark'],
} as const satisfies Record<string, readonly Channel[]>;

/**
 * OKX v5. One dialect for spot, swaps and dated futures, whose symbols never meet; sizes of swaps and futures are
 * contracts, as the venue says them. Trades are `trades-all`, one a message, whose ids are those of REST.
 * https://www.okx.com/docs-v5/en/#order-book-trading-market-data
 */
export function createOkx(market: 'spot' | 'swap' | 'futures'): Venue {
  return {
    name: 'okx',
    market,
    label: `OKX ${{ spot: 'spot', swap: 'perpetual swaps', futures: 'futures' }[market]}`,
    simulated: false,
    takes: TAKES[market],
    channels: CHANNELS[market],
    intervals: [...OKX_BARS.values()],
    limits: {
      // It cuts a connection on which nothing was said for 30 s.
      silenceMs: 25_000,
      ping: { message: 'ping', everyMs: 12_000, free: true },
      connects: { count: 3, perMs: 1_000 },
      messages: { count: 480, perMs: 3_600_000 },
      // Counted by path; the scarcest of those that we call allows so many.
      rest: { host: 'www.okx.com', weight: { count: 20, perMs: 2_000 } },
      // "Fewer than 30 books a connection", each with its quotes.
      subscriptionsPerConnection: 58,
      reconnectFloorMs: 400,
      maxFrameLength: MAX_FRAME_LENGTH,
    },
    book: { snapshot: 'stream', follows },
    promises: {
      bookBreaks: ['previous ids'],
      tradeBreaks: 'ids',
      backfill: 'by id',
      sizes: market === 'spot' ? 'coins' : 'contracts',
    },
    history: okxHistory,
    streamUrl: PUBLIC,
    streamUrls: { trades: BUSINESS, candles: BUSINESS },
    wireSymbol: okxInstId,
    unifiedSymbol: unifyOkxSymbol,
    subscribe: (subscriptions) => requests('subscribe', subscriptions),
    unsubscribe: (subscriptions) => requests('unsubscribe', subscriptions),
    createMapper: (symbols) => new OkxMapper(symbols),
  };
}

/**
 * An update follows iff its `prevSeqId` is the `seqId` before it. That holds for a keep-alive (both equal, nothing
 * changed) and for a reset of the counter (`seqId` below `prevSeqId`) too; since ids may fall, it is the time that
 * tells a repeated update from one behind a lost reset.
 */
function follows({ id, ts }: BookPosition, { prev, last = 0, ts: updateTs }: BookUpdate) {
  if (prev === undefined || prev === id) return 'apply';
  return updateTs < ts || (updateTs === ts && last <= id) ? 'drop' : 'gap';
}

function requests(op: string, subscriptions: readonly Subscription[]): string[] {
  const args = subscriptions.map(({ channel, symbol, interval = '1m' }) => ({
    channel: channelName(
      {
        trades: 'trades-all',
        book: 'books',
        quotes: 'bbo-tbt',
        candles: `candle${barOf(interval)}`,
        funding: 'funding-rate',
        mark: 'mark-price',
      },
      channel,
    ),
    instId: okxInstId(symbol),
  }));
  const pages = Math.ceil(args.length / ARGS_PER_REQUEST);
  return Array.from({ length: pages }, (_, page) =>
    JSON.stringify({ op, args: args.slice(page * ARGS_PER_REQUEST, (page + 1) * ARGS_PER_REQUEST) }),
  );
}
