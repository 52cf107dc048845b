import type { BookUpdate, Interval } from '../../domain/market.ts';
import type { BookPosition, Channel, Subscription, Venue } from '../venue.ts';
import { bybitHistory } from './bybit-history.ts';
import { BYBIT_INTERVALS, BybitMapper, intervalCode, MAX_FRAME_LENGTH } from './bybit-mapper.ts';
import { type BybitMarket, spellBybitSymbol, unifyBybitSymbol } from './bybit-symbols.ts';

/** Levels a side that we subscribe to: 50, 200 or 1000. */
const DEPTH = 200;
/** Spot takes no more in one request; the others stay far below their 21,000 characters with it. */
const TOPICS_PER_REQUEST = 10;

const TAKES = {
  spot: ['spot'],
  linear: ['linear swap', 'linear future'],
  inverse: ['inverse swap', 'inverse future'],
} as const;

const SPOT = ['trades', 'book', 'quotes', 'candles'] as const satisfies Channel[];

/** Bybit v5, one of its three public markets. https://bybit-exchange.github.io/docs/v5/ws/connect */
export function createBybit(market: BybitMarket): Venue {
  const history = bybitHistory(market);
  return {
    name: 'bybit',
    market,
    label: `Bybit ${market}`,
    simulated: false,
    takes: TAKES[market],
    channels: market === 'spot' ? SPOT : [...SPOT, 'funding', 'mark'],
    intervals: [...BYBIT_INTERVALS.values()] as Interval[],
    limits: {
      silenceMs: 20_000,
      ping: { message: '{"op":"ping"}', everyMs: 9_000 },
      connects: { count: 500, perMs: 300_000 },
      // None is documented.
      messages: { count: 10, perMs: 1_000 },
      rest: { host: 'api.bybit.com', weight: { count: 600, perMs: 5_000 } },
      subscriptionsPerConnection: 400,
      reconnectFloorMs: 1_000,
      maxFrameLength: MAX_FRAME_LENGTH,
    },
    book: { snapshot: 'stream', follows },
    promises: {
      bookBreaks: ['update ids'],
      tradeBreaks: 'time',
      backfill: { newest: history.trades.pageSize },
      sizes: market === 'inverse' ? 'contracts' : 'coins',
    },
    history,
    streamUrl: `wss://stream.bybit.com/v5/public/${market}`,
    wireSymbol: (symbol) => spellBybitSymbol(symbol, market),
    unifiedSymbol: (wire) => unifyBybitSymbol(wire, market),
    subscribe: (subscriptions) => requests('subscribe', subscriptions, market),
    unsubscribe: (subscriptions) => requests('unsubscribe', subscriptions, market),
    createMapper: (symbols) => new BybitMapper(market, symbols),
  };
}

/**
 * Each change follows the one before it by one, says the level-50 page; a restart, with id 1, comes as a whole book.
 * https://bybit-exchange.github.io/docs/v5/sbe/market/level-50
 */
function follows({ id }: BookPosition, { last = id }: BookUpdate) {
  if (last <= id) return 'drop';
  return last === id + 1 ? 'apply' : 'gap';
}

function requests(op: string, subscriptions: readonly Subscription[], market: BybitMarket): string[] {
  const topics = [...new Set(subscriptions.map((subscription) => topicOf(subscription, market)))];
  const pages = Math.ceil(topics.length / TOPICS_PER_REQUEST);
  return Array.from({ length: pages }, (_, page) => {
    const args = topics.slice(page * TOPICS_PER_REQUEST, (page + 1) * TOPICS_PER_REQUEST);
    return JSON.stringify({ op, args });
  });
}

/** Contracts tell quotes, funding and mark price in their tickers; spot's carry none, so its quotes are a book. */
function topicOf({ channel, symbol, interval = '1m' }: Subscription, market: BybitMarket): string {
  const wire = spellBybitSymbol(symbol, market);
  if (channel === 'trades') return `publicTrade.${wire}`;
  if (channel === 'book') return `orderbook.${DEPTH}.${wire}`;
  if (channel === 'candles') return `kline.${intervalCode(interval)}.${wire}`;
  return market === 'spot' ? `orderbook.1.${wire}` : `tickers.${wire}`;
}
