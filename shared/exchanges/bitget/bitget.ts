import type { BookUpdate } from '../../domain/market.ts';
import { type BookPosition, type Channel, channelName, type Subscription, type Venue } from '../venue.ts';
import { bitgetHistory, NEWEST_TRADES } from './bitget-history.ts';
import { BitgetMapper, MAX_FRAME_LENGTH } from './bitget-mapper.ts';
import { BITGET_LENGTHS, lengthCode } from './bitget-rows.ts';
import { type BitgetMarket, spellBitgetSymbol, unifyBitgetSymbol } from './bitget-symbols.ts';

/** "The total length of multiple channels cannot exceed 4096 bytes"; one takes about 70. */
const ARGS_PER_REQUEST = 40;

const SPOT: readonly Channel[] = ['trades', 'book', 'quotes', 'candles'];

/**
 * Bitget v2, spot or perpetual futures of all three products. Quotes are the book of one level; funding and mark price
 * of futures are one stream, the ticker. A missed update of a book shows by `pseq`; the checksum of old is gone.
 * https://www.bitget.com/docs/classic/websocket/intro
 */
export function createBitget(market: BitgetMarket): Venue {
  const history = bitgetHistory(market);
  return {
    name: 'bitget',
    market,
    label: `Bitget ${market}`,
    simulated: false,
    takes: market === 'spot' ? ['spot'] : ['linear swap', 'inverse swap'],
    channels: market === 'spot' ? SPOT : [...SPOT, 'funding', 'mark'],
    intervals: [...BITGET_LENGTHS.values()],
    limits: {
      silenceMs: 60_000,
      lifeMs: 23.5 * 3_600_000,
      ping: { message: 'ping', everyMs: 25_000 },
      connects: { count: 300, perMs: 300_000 },
      // And 240 subscriptions an hour, which a connection with so few books does not come near.
      messages: { count: 10, perMs: 1_000 },
      // Counted by path; the scarcest of those that we call allows so many.
      rest: { host: 'api.bitget.com', weight: { count: 10, perMs: 1_000 } },
      // A thousand are allowed, fewer than 50 advised.
      subscriptionsPerConnection: 48,
      reconnectFloorMs: 1_000,
      maxFrameLength: MAX_FRAME_LENGTH,
    },
    book: { snapshot: 'stream', follows },
    promises: {
      bookBreaks: ['previous ids'],
      tradeBreaks: 'time',
      backfill: { newest: NEWEST_TRADES },
      sizes: 'coins',
    },
    history,
    streamUrl: 'wss://ws.bitget.com/v2/ws/public',
    wireSymbol: (symbol) => spellBitgetSymbol(symbol, market).instId,
    unifiedSymbol: (wire) => unifyBitgetSymbol(wire, market),
    subscribe: (subscriptions) => requests('subscribe', subscriptions, market),
    unsubscribe: (subscriptions) => requests('unsubscribe', subscriptions, market),
    createMapper: (symbols) => new BitgetMapper(market, symbols),
  };
}

/**
 * An update follows iff its `pseq` is the `seq` before it; the first one may reach over the whole book's. `seq` is
 * "incrementing except during symbol maintenance": it is the time that tells a repeated update from a fallen counter.
 */
function follows({ id, ts, fresh }: BookPosition, { prev, last = 0, ts: updateTs }: BookUpdate) {
  if (prev === id) return 'apply';
  if (last <= id) return updateTs <= ts ? 'drop' : 'gap';
  return fresh && prev !== undefined && prev > 0 && prev < id ? 'apply' : 'gap';
}

function requests(op: string, subscriptions: readonly Subscription[], market: BitgetMarket): string[] {
  const args = subscriptions.map((subscription) => {
    const { instId, instType } = spellBitgetSymbol(subscription.symbol, market);
    return JSON.stringify({ instType, channel: nameOf(subscription), instId });
  });
  const wanted = [...new Set(args)];
  const pages = Math.ceil(wanted.length / ARGS_PER_REQUEST);
  return Array.from({ length: pages }, (_, page) => {
    const list = wanted.slice(page * ARGS_PER_REQUEST, (page + 1) * ARGS_PER_REQUEST);
    return `{"op":"${op}","args":[${list}]}`;
  });
}

function nameOf({ channel, interval = '1m' }: Subscription): string {
  const names = {
    trades: 'trade',
    book: 'books',
    quotes: 'books1',
    candles: `candle${lengthCode(interval)}`,
    funding: 'ticker',
    mark: 'ticker',
  };
  return channelName(names, channel);
}
