import type { Interval } from '../../shared/domain/market.ts';
import type { BookChange, BookView } from './book-view.ts';
import type { Bar } from './candles.ts';
import type { Listing } from './listing.ts';
import type { Mark } from './mark.ts';
import type { Market, Ticker } from './market.ts';
import type { TapeTrade } from './tape.ts';

/**
 * How one venue's market is spoken: its addresses, messages, frames and REST answers, as pure functions over the facts
 * of the one engine. A dialect knows no socket and no clock; `Session` keeps the subscriptions, `Sockets` the
 * connections and `Faults` the mischief, for every dialect alike.
 *
 * It is served below `/<venue>/<market>`: what the venue has at `wss://ws.okx.com:8443/ws/v5/public` and
 * `https://www.okx.com/api/v5/market/books` stands at `/okx/swap/ws/v5/public` and `/okx/swap/api/v5/market/books`.
 */
export interface Dialect {
  readonly venue: string;
  /** As the adapter has it: `spot`, `usdm`, `swap` … */
  readonly market: string;
  /** Paths that sockets connect to. */
  readonly sockets: readonly string[];
  readonly limits: DialectLimits;
  /** The venue's name of a listing; undefined for one that this market does not have. */
  spell(listing: Listing): string | undefined;
  /** How the venue writes a trade's id; as the number that the engine has, without. */
  tradeId?(trade: TapeTrade): string;
  /** Begins one connection; what that connection must remember (numbers, channel ids) lives in the closure. */
  connect(connection: ConnectionInfo): Words;
  readonly routes: readonly Route[];
  /** The body of the venue's REST book, where its stream sends none. */
  wholeBook?(market: Market, wire: string): unknown;
}

/** What the venue cuts or refuses for; each breach is counted. */
export interface DialectLimits {
  /** Messages of one connection. */
  messages: { count: number; perMs: number };
  /** Connection attempts of one address. */
  connects: { count: number; perMs: number };
  /** REST weight of one address, and the HTTP status beyond it. */
  weight: { count: number; perMs: number; status: number };
  /** Pings on the WebSocket level, and how soon each must be answered. */
  pings?: { everyMs: number; answerWithinMs: number };
}

export interface ConnectionInfo {
  /** The path below `/<venue>/<market>`, and its query. */
  path: string;
  query: URLSearchParams;
  /** The market of a venue's name, undefined where it has none. */
  find(wire: string): Market | undefined;
}

export type Channel = 'trades' | 'book' | 'quotes' | 'candles' | 'marks';

/** What a client has subscribed to. */
export interface Topic {
  /** The venue's own name of it, unique within the connection: `btcusdt@trade`, `orderbook.200.BTCUSDT`. */
  name: string;
  channel: Channel;
  /** The venue's name of the market. */
  wire: string;
  market: Market;
  /** With candles. */
  interval?: Interval;
  /** With books: levels a side that the subscriber keeps; all of them without. */
  depth?: number;
  /** With books: seconds instead of the usual 100 ms. */
  slow?: boolean;
}

/** What a message of a client, or the connection itself, comes to. */
export interface Heard {
  /** Sent back at once, ahead of what the subscriptions open with. */
  answers?: string[];
  subscribe?: Topic[];
  /** Names of topics. */
  unsubscribe?: string[];
  /** The venue cuts the connection for it. */
  cut?: { code: number; reason: string };
}

/**
 * The words of one connection: each returns the frames to send, as text; what is absent the venue does not have.
 * `at` is the time of the event, UTC ms.
 */
export interface Words {
  /** What connecting alone brings: a greeting, the subscriptions of the address. */
  opened?(at: number): Heard;
  hear(text: string, at: number): Heard;
  /** What a new subscription opens with, such as the last trades or the open candle. */
  opening?(topic: Topic, at: number): string[];
  trades?(topic: Topic, trades: readonly TapeTrade[], at: number): string[];
  /** A change, or a whole book where the venue's stream sends them. `view` is what the subscriber then holds. */
  book?(topic: Topic, change: BookChange, view: BookView, at: number): string[];
  quote?(topic: Topic, ticker: Ticker, at: number): string[];
  /** `closed` for the last word on a candle. */
  candle?(topic: Topic, bar: Bar, closed: boolean, at: number): string[];
  /** Mark price and funding of a future, every second. */
  mark?(topic: Topic, mark: Mark, at: number): string[];
  /** Asked every second of a connection's life. */
  heartbeat?(at: number): string[];
  /** Says that the venue is about to cut; undefined where it never says so. */
  shutdown?(at: number): string[];
  /** Lawful oddities of the venue's sequence rule, by name: none of them is a gap. */
  readonly quirks?: Readonly<
    Record<string, (topic: Topic, view: BookView | undefined, at: number) => string[]>
  >;
}

/** A call of the venue's public REST. */
export interface Route {
  method?: 'GET' | 'POST';
  /** Below `/<venue>/<market>`; with named groups where the path has parameters. */
  path: string | RegExp;
  /** 1 without. */
  weight?(query: URLSearchParams): number;
  /** The body. @throws {RestError} the venue's refusal */
  answer(call: Call): unknown;
}

export interface Call {
  query: URLSearchParams;
  /** The named groups of the path. */
  params: Readonly<Record<string, string>>;
  /** UTC ms. */
  at: number;
  /** `127.0.0.1:3901/okx/swap`, as the client reached it. */
  base: string;
  find(wire: string): Market | undefined;
  /** Every market it lists, by the venue's names. */
  markets(): [wire: string, market: Market][];
}
