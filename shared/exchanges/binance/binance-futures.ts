import { type BookUpdate, INTERVALS, type Interval } from '../../domain/market.ts';
import { type BookPosition, type Channel, channelName, type Subscription, type Venue } from '../venue.ts';
import { binanceRequests } from './binance.ts';
import { binanceFuturesHistory } from './binance-futures-history.ts';
import { COINM_SPELLING, type Spelling, USDM_SPELLING } from './binance-futures-symbols.ts';
import { BinanceMapper, MAX_FRAME_LENGTH } from './binance-mapper.ts';

/** What tells Binance's two futures markets apart. */
interface FuturesMarket {
  label: string;
  settled: 'linear' | 'inverse';
  sizes: 'coins' | 'contracts';
  /** ccxt's word for its REST. */
  rest: 'fapi' | 'dapi';
  spelling: Spelling;
  streamUrl: string;
  streamUrls?: Partial<Record<Channel, string>>;
}

/** Since 2026-04-23 books and quotes have an address of their own. */
const USDM_MARKET = 'wss://fstream.binance.com/market/stream';
const USDM_PUBLIC = 'wss://fstream.binance.com/public/stream';

const MARKETS = {
  usdm: {
    label: 'Binance USD-M futures',
    settled: 'linear',
    sizes: 'coins',
    rest: 'fapi',
    spelling: USDM_SPELLING,
    streamUrl: USDM_MARKET,
    streamUrls: { book: USDM_PUBLIC, quotes: USDM_PUBLIC },
  },
  coinm: {
    label: 'Binance COIN-M futures',
    settled: 'inverse',
    sizes: 'contracts',
    rest: 'dapi',
    spelling: COINM_SPELLING,
    streamUrl: 'wss://dstream.binance.com/stream',
  },
} as const satisfies Record<string, FuturesMarket>;

/**
 * Binance USDⓈ-M and COIN-M futures. Trades are the aggregated ones, which leave out insurance fund and
 * auto-deleveraging; sizes of COIN-M are contracts, as the venue says them.
 * https://developers.binance.com/docs/derivatives/usds-margined-futures/websocket-market-streams
 * https://developers.binance.com/docs/derivatives/coin-margined-futures/websocket-market-streams
 */
export function createBinanceFutures(market: keyof typeof MARKETS): Venue {
  const { label, settled, sizes, rest, spelling, ...urls } = MARKETS[market];
  const streamName = ({ channel, symbol, interval = '1m' }: Subscription) => {
    const names = {
      trades: 'aggTrade',
      book: 'depth@100ms',
      quotes: 'bookTicker',
      candles: `kline_${interval}`,
      funding: 'markPrice@1s',
      mark: 'markPrice@1s',
    };
    return `${spelling.join(symbol).toLowerCase()}@${channelName(names, channel)}`;
  };
  return {
    name: 'binance',
    market,
    label,
    simulated: false,
    takes: [`${settled} swap`, `${settled} future`],
    channels: ['trades', 'book', 'quotes', 'candles', 'funding', 'mark'],
    intervals: (Object.keys(INTERVALS) as Interval[]).filter((interval) => interval !== '1s'),
    limits: {
      silenceMs: 60_000,
      lifeMs: 23.5 * 3_600_000,
      // The venue's own ping comes every 3 minutes only: a quiet symbol must not pass for a dead connection.
      ping: { message: '{"method":"LIST_SUBSCRIPTIONS","id":0}', everyMs: 25_000 },
      connects: { count: 300, perMs: 300_000 },
      messages: { count: 10, perMs: 1_000 },
      rest: {
        host: `${rest}.binance.com`,
        weight: { count: 2_400, perMs: 60_000 },
        usedHeader: 'x-mbx-used-weight-1m',
      },
      subscriptionsPerConnection: 200,
      reconnectFloorMs: 1_000,
      maxFrameLength: MAX_FRAME_LENGTH,
    },
    book: { snapshot: 'rest', follows },
    promises: { bookBreaks: ['previous ids'], tradeBreaks: 'ids', backfill: 'by id', sizes },
    history: binanceFuturesHistory(rest, spelling),
    ...urls,
    wireSymbol: spelling.join,
    unifiedSymbol: spelling.split,
    subscribe: (subscriptions) => binanceRequests('SUBSCRIBE', subscriptions.map(streamName)),
    unsubscribe: (subscriptions) => binanceRequests('UNSUBSCRIBE', subscriptions.map(streamName)),
    createMapper: (symbols = []) => new BinanceMapper('binance', symbols, spelling),
  };
}

/**
 * "The first processed event should have U <= lastUpdateId AND u >= lastUpdateId", then "each new event's pu should
 * be equal to the previous event's u". Ids count for all symbols together, so a first event whose `prev` the whole
 * book reaches leaves nothing out, even where its U is higher.
 */
function follows({ id, fresh }: BookPosition, { prev = 0, last = 0 }: BookUpdate) {
  if (fresh ? last < id : last <= id) return 'drop';
  return (fresh ? prev <= id : prev === id) ? 'apply' : 'gap';
}
