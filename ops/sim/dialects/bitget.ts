import { INTERVALS } from '../../../shared/domain/market.ts';
import { BITGET_LENGTHS } from '../../../shared/exchanges/bitget/bitget-rows.ts';
import type { ConnectionInfo, Dialect, Heard, Topic, Words } from '../dialect.ts';
import { type Listing, plain } from '../listing.ts';
import { isText, level, levels, parse, price } from '../words.ts';
import { type BitgetMarket, bitgetRoutes, candleRow, tradeRow, wireId } from './bitget-rest.ts';

const RECENT_TRADES = 50;
const RECENT_CANDLES = 100;
/** The counters of coin-margined contracts are beyond 2^53. */
const LONG_SEQUENCE = 1_483_650_000_000_000_000n;

/** Bitget v2, spot or perpetual futures. https://www.bitget.com/docs/classic/websocket/intro */
export function bitget(market: BitgetMarket): Dialect {
  return {
    venue: 'bitget',
    market,
    sockets: ['/v2/ws/public'],
    limits: {
      messages: { count: 10, perMs: 1_000 },
      connects: { count: 300, perMs: 300_000 },
      weight: { count: 600, perMs: 60_000, status: 429 },
    },
    spell: (listing) => (productOf(listing, market) ? spell(listing) : undefined),
    tradeId: (trade) => String(wireId(trade)),
    connect: ({ find }) => connect(market, find),
    routes: bitgetRoutes(market),
  };
}

function productOf({ kind, quote, expiry }: Listing, market: BitgetMarket): string | undefined {
  if (market === 'spot') return kind === 'spot' ? 'SPOT' : undefined;
  if (kind === 'spot' || expiry) return undefined;
  return kind === 'inverse' ? 'COIN-FUTURES' : `${quote}-FUTURES`;
}

const spell = ({ kind, base, quote }: Listing) =>
  kind === 'linear' && quote === 'USDC' ? `${base}PERP` : `${base}${quote}`;

function connect(market: BitgetMarket, find: ConnectionInfo['find']): Words {
  const push = (topic: Topic, action: string, data: unknown[], at: number) =>
    `{"action":"${action}","arg":${topic.name},"data":${rowsText(data)},"ts":${at}}`;
  return {
    hear: (text) => hear(text, market, find),
    opening: (topic, at) => {
      const { listing, tape, candles } = topic.market;
      if (topic.channel === 'trades') {
        const recent = tape.from(tape.nextId - RECENT_TRADES, RECENT_TRADES).reverse();
        return [
          push(
            topic,
            'snapshot',
            recent.map((trade) => tradeRow(listing, trade)),
            at,
          ),
        ];
      }
      if (topic.channel !== 'candles' || !topic.interval) return [];
      const bars = candles.newestBars(INTERVALS[topic.interval], at, RECENT_CANDLES);
      return [
        push(
          topic,
          'snapshot',
          bars.map((bar) => candleRow(listing, bar)),
          at,
        ),
      ];
    },
    // The newest first in every message, as ccxt reads them.
    trades: (topic, trades, at) => {
      const rows = trades.map((trade) => tradeRow(topic.market.listing, trade)).reverse();
      return [push(topic, 'update', rows, at)];
    },
    book: (topic, change, _view, at) => {
      if (!change.whole && change.last === change.prev) return [];
      const { listing } = topic.market;
      const numbers = sequenceOf(listing, change.last, change.whole ? undefined : change.prev);
      const sides = { asks: levels(listing, change.asks), bids: levels(listing, change.bids) };
      const row = { ...sides, ts: String(at), ...numbers };
      return [push(topic, change.whole ? 'snapshot' : 'update', [row], at)];
    },
    quote: (topic, { updateId, bid, ask }, at) => {
      const { listing } = topic.market;
      const sides = { asks: [level(listing, ask)], bids: [level(listing, bid)] };
      return [push(topic, 'snapshot', [{ ...sides, ts: String(at), ...sequenceOf(listing, updateId) }], at)];
    },
    // The last word on a candle comes with the first one on the next.
    candle: (topic, bar, closed, at) => {
      const { listing, candles } = topic.market;
      const next = closed && topic.interval ? candles.bar(at, INTERVALS[topic.interval]) : undefined;
      const rows = [bar, ...(next ? [next] : [])].map((each) => candleRow(listing, each));
      return [push(topic, 'update', rows, at)];
    },
    mark: (topic, { markTicks, indexTicks, rate, nextFundingTs }, at) => {
      const { listing, tape } = topic.market;
      const row = {
        ...{
          instId: topic.wire,
          symbol: topic.wire,
          lastPr: price(listing, tape.last()?.ticks ?? markTicks),
        },
        ...{ fundingRate: `${rate < 0 ? '-' : ''}${plain(Math.abs(rate), 8)}` },
        ...{ nextFundingTime: String(nextFundingTs), markPrice: price(listing, markTicks) },
        ...{ indexPrice: price(listing, indexTicks), ts: String(at) },
      };
      return [push(topic, 'snapshot', [row], at)];
    },
  };
}

/** `seq`, and the one before it; 0 where a whole book begins. */
function sequenceOf(listing: Listing, last: number, prev?: number) {
  const write = (id: number) => String(listing.kind === 'inverse' ? LONG_SEQUENCE + BigInt(id) : id);
  return { seq: write(last), pseq: prev === undefined ? '0' : write(prev) };
}

/** Sequences go out as bare numbers, however long. */
const rowsText = (rows: unknown[]) => JSON.stringify(rows).replace(/"(p?seq)":"(\d+)"/g, '"$1":$2');

function hear(text: string, market: BitgetMarket, find: ConnectionInfo['find']): Heard {
  if (text === 'ping') return { answers: ['pong'] };
  const { op, args } = parse(text) ?? {};
  if ((op !== 'subscribe' && op !== 'unsubscribe') || !Array.isArray(args)) {
    return {
      answers: [`{"event":"error","code":30002,"msg":${JSON.stringify(`Unrecognized request:${text}`)}}`],
    };
  }
  const asked = args.map((arg) => readArg(arg, market, find));
  const topics = asked.flatMap(({ topic }) => topic ?? []);
  const answers = asked.map(({ arg, code, msg }) =>
    code
      ? `{"event":"error","arg":${arg},"code":${code},"msg":${JSON.stringify(msg)},"op":"${op}"}`
      : `{"event":"${op}","arg":${arg}}`,
  );
  return op === 'subscribe'
    ? { answers, subscribe: topics }
    : { answers, unsubscribe: topics.map(({ name }) => name) };
}

interface Asked {
  arg: string;
  topic?: Topic;
  code?: number;
  msg?: string;
}

/** A symbol under another product's name is acknowledged, and never heard of again. */
function readArg(value: unknown, market: BitgetMarket, find: ConnectionInfo['find']): Asked {
  const { instType, channel, instId } = (value ?? {}) as Record<string, unknown>;
  const arg = JSON.stringify({ instType, channel, instId });
  const kind = kindOf(channel, market);
  if (!isText(instId) || !kind) return { arg, code: 30016, msg: 'Param error' };
  const of = find(instId);
  if (!of) {
    const msg = `instType:${instType},channel:${channel},instId:${instId},precision:null doesn't exist`;
    return { arg, code: 30001, msg };
  }
  if (productOf(of.listing, market) !== instType) return { arg };
  return { arg, topic: { name: arg, wire: instId, market: of, ...kind } };
}

function kindOf(channel: unknown, market: BitgetMarket): Pick<Topic, 'channel' | 'interval'> | undefined {
  if (channel === 'trade') return { channel: 'trades' };
  if (channel === 'books') return { channel: 'book' };
  if (channel === 'books1') return { channel: 'quotes' };
  if (channel === 'ticker' && market === 'futures') return { channel: 'marks' };
  const interval = isText(channel) && BITGET_LENGTHS.get(channel.replace(/^candle/, ''));
  return interval ? { channel: 'candles', interval } : undefined;
}
