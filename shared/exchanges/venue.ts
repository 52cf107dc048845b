import type { BookUpdate, Candle, Interval, Level, MarketEvent, Trade } from '../domain/market.ts';
import type { SymbolKind } from '../domain/symbols.ts';
import { UserError } from '../errors.ts';

/** What can be said of a market whoever reads its stream: an adapter of ours, or ccxt. */
export interface VenueFacts {
  /** As we address it: `binance`, `kraken`, `sim`. */
  readonly name: string;
  /** `spot`; later `usdm`, `swap`, `linear` … */
  readonly market: string;
  /** For people: `Binance spot`; the simulated exchange is always labelled `SIM`. */
  readonly label: string;
  readonly simulated: boolean;
  /** The symbols that are traded here; no symbol is of two markets of one venue. */
  readonly takes: readonly SymbolKind[];
  readonly channels: readonly Channel[];
  readonly intervals: readonly Interval[];
  readonly limits: Pick<Limits, 'silenceMs' | 'lifeMs' | 'rest'>;
  readonly promises: Promises;
  readonly history: History;
}

/**
 * What one venue's market is, as data and pure functions. An adapter never touches a socket, a clock or a setting:
 * the feed loop (`feed.ts`), the books (`book.ts`) and the REST history (`history.ts`) act on what it says here.
 */
export interface Venue extends VenueFacts {
  readonly limits: Limits;
  readonly book: BookRule;
  /** Where to connect; what is wanted is said by messages. */
  readonly streamUrl: string;
  /** Channels that another address serves: they get connections of their own. */
  readonly streamUrls?: Readonly<Partial<Record<Channel, string>>>;
  /** `BTC/USDT` → `BTCUSDT`. */
  wireSymbol(symbol: string): string;
  /** The venue's own spelling → ours. @throws {RejectError} when it can't be split */
  unifiedSymbol(wire: string): string;
  /** Said once on every connection, before anything is asked for. */
  readonly opening?: readonly string[];
  /** The messages that subscribe to all of these, few and each within the venue's size limit. */
  subscribe(subscriptions: readonly Subscription[]): string[];
  unsubscribe(subscriptions: readonly Subscription[]): string[];
  /**
   * A mapper for ONE connection: it may remember what this connection said.
   * `symbols` are those it will surely meet, for venues whose own spelling can't be split without a doubt.
   */
  createMapper(symbols?: readonly string[]): Mapper;
}

/** `funding` and `mark` are those of futures; several channels may be one stream of the venue. */
export type Channel = 'trades' | 'book' | 'quotes' | 'candles' | 'funding' | 'mark';

/**
 * What a venue calls a channel.
 * @throws {UserError} for one that it has not
 */
export function channelName(names: Readonly<Partial<Record<Channel, string>>>, channel: Channel): string {
  const name = names[channel];
  if (name) return name;
  throw new UserError(`there is no channel "${channel}" here: use ${Object.keys(names).join(', ')}`);
}

/** One thing wanted of one symbol; `interval` goes with `candles` only. */
export interface Subscription {
  channel: Channel;
  symbol: string;
  interval?: Interval;
}

/** Frames in, facts out. Nothing here waits, and a frame is either mapped whole or refused whole. */
export interface Mapper {
  /**
   * Reads one frame as it was received; `receivedAt` in UTC ms.
   * @throws {RejectError} for a frame that can't be read; the connection is none the worse for it
   */
  read(frame: string, receivedAt: number): Reading;
  /**
   * Reads a REST book, parsed from JSON, of the venue's symbol.
   * @throws {RejectError} when it can't be read
   */
  readSnapshot(wireSymbol: string, body: unknown, receivedAt: number): BookUpdate;
  /** Takes the place of the venue's own where the words are names that this connection was given. */
  unsubscribe?(subscriptions: readonly Subscription[]): string[];
}

/** What a frame said. */
export type Reading =
  /** With `control` where the frame also says something of its connection, such as what was lost before it. */
  | { kind: 'events'; events: MarketEvent[]; control?: Control }
  /** The connection's own business: acknowledgements, heartbeats, status. */
  | { kind: 'control'; control: Control }
  /** Well formed, of a channel or kind that we have no use for. */
  | { kind: 'ignored' };

export type Control =
  | { type: 'alive' }
  | { type: 'subscribed' }
  | { type: 'unsubscribed' }
  /** The venue refused a subscription or a message of ours. */
  | { type: 'refused'; reason: string }
  /** The venue is about to cut; or frames of this connection were `lost`, so that it is given up at once. */
  | { type: 'reconnect'; reason: string; lost?: true }
  /** The venue's ping in the data stream; send this back at once. */
  | { type: 'answer'; message: string };

/** So many in any stretch of `perMs` milliseconds. */
export interface Rate {
  count: number;
  perMs: number;
}

/** What a venue's REST grants one address. */
export interface RestLimits {
  /** Where it is counted: venues that share a host share its budget. */
  host: string;
  /** Weight of all calls together, as documented; each call says its own. We keep to nine tenths. */
  weight: Rate;
  /** The response header with the weight that the venue has counted. */
  usedHeader?: string;
}

/** What a venue allows and promises, as documented: of each limit we take nine tenths. Times in ms. */
export interface Limits {
  /** Longest silence of a healthy connection; after it, connect anew. */
  silenceMs: number;
  /** Planned reconnect, before the venue cuts; undefined where no limit is documented. */
  lifeMs?: number;
  /** A ping to send in the data stream where the venue wants one; `free` where it counts for no message. */
  ping?: { message: string; everyMs: number; free?: true };
  /** Connection attempts from one address. */
  connects: Rate;
  /** Messages we may send: on each connection, or on all from one address together. */
  messages: Rate & { scope?: 'connection' | 'address' };
  rest: RestLimits;
  subscriptionsPerConnection: number;
  /** Least wait between two connection attempts, once the venue has been away for longer than that. */
  reconnectFloorMs: number;
  /** A longer frame is refused unread. */
  maxFrameLength: number;
}

/** What the venue lets anyone prove and fetch again: the facts of the venue table that nothing else here tells. */
export interface Promises {
  /** By what a break in the stream of a book shows; empty where nothing shows it. */
  bookBreaks: readonly ('update ids' | 'previous ids' | 'frame numbers' | 'checksum')[];
  /** Whether a missing trade shows by ids that rise by one, or by a stretch of time alone. */
  tradeBreaks: 'ids' | 'time';
  /** Which missed trades REST gives back: any by id, any by time, only its newest so many, or none. */
  backfill: 'by id' | 'by time' | { newest: number } | 'none';
  /** What sizes count. */
  sizes: 'coins' | 'contracts';
}

/** How this venue's books begin, continue and prove themselves. */
export interface BookRule {
  /** Where a whole book comes from: asked for over REST, or pushed on subscribing. */
  snapshot: 'rest' | 'stream';
  /** Where updates carry ids: does `update` follow a book that stands here? */
  follows?: (book: BookPosition, update: BookUpdate) => 'apply' | 'drop' | 'gap';
  checksum?: {
    /** How many top levels of each side it covers. */
    levels: number;
    /** One for each book. */
    create(): Checksum;
  };
}

/** Computes a checksum from the top levels of both sides, best first. */
export type Checksum = (bids: readonly Level[], asks: readonly Level[], decimals: Decimals) => number;

/** Decimal places that prices and sizes have on the wire. */
export type Decimals = readonly [price: number, size: number];

/** Where a book stands in its venue's stream. */
export interface BookPosition {
  /** The venue's id of the last update that it holds. */
  id: number;
  /** The venue's time of it, UTC ms. */
  ts: number;
  /** Nothing was applied since the whole book. */
  fresh: boolean;
}

/** One REST call as ccxt's implicit methods know it: `publicGetKlines({ symbol, … })`. */
export interface RestCall {
  method: string;
  params: Record<string, string | number>;
  /** For ccxt's unified methods, which take arguments in place of `params`. */
  args?: readonly unknown[];
  /** What it takes of the venue's REST budget; 1 unless said. */
  weight?: number;
}

/** The REST history of a venue as data: which call to make, and how to read its answer. */
export interface History {
  /** ccxt's id of the exchange. */
  ccxtId: string;
  /** Stands in for the scheme and host of ccxt's own addresses: the simulated exchange. */
  restOrigin?: string;
  candles: HistoryPages<CandlesQuery, Candle>;
  trades: HistoryPages<TradesQuery, Trade>;
  /** The calls for a whole book, the deepest and dearest first; undefined where the stream itself sends one. */
  book?: (wireSymbol: string) => readonly [RestCall, ...RestCall[]];
  /** The top of a book over REST, where the stream sends whole books: what ours is compared with. */
  bookTop?: {
    call(symbol: string): RestCall;
    /** @throws {RejectError} when the answer can't be read */
    read(answer: unknown): BookTop;
  };
}

/** The best levels of a book, best first. */
export type BookTop = Pick<BookUpdate, 'bids' | 'asks'>;

/** One kind of history, read page by page, oldest first. */
export interface HistoryPages<Query, Row> {
  pageSize: number;
  /** How far one call looks ahead, in ms, where it answers nothing that is later: an empty page is not the end. */
  spanMs?: (query: Query) => number;
  call(query: Query): RestCall;
  /** @throws {RejectError} when the answer can't be read */
  read(answer: unknown, query: Query, receivedAt: number): Row[];
}

/** Candles that open at `from` or later and before `to`, UTC ms. */
export interface CandlesQuery {
  symbol: string;
  interval: Interval;
  from: number;
  to: number;
}

/**
 * Trades from an id on; `fromTs` (UTC ms) is for venues that page by time, and must not be later than that trade;
 * `beforeId` for those that give back more of their newest than a page: the newest before that trade.
 */
export interface TradesQuery {
  symbol: string;
  fromId: string;
  fromTs?: number;
  beforeId?: string;
}
