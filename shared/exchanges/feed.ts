import { now } from '../clock.ts';
import type { BookUpdate, MarketEvent } from '../domain/market.ts';
import type { Book } from './book.ts';
import { Connection } from './connection.ts';
import { FeedBooks } from './feed-books.ts';
import { fetchBookSnapshot } from './history.ts';
import type { FeedEvents, RunningFeed } from './running-feed.ts';
import type { Channel, Reading, Subscription, Venue } from './venue.ts';

export type { BadFrame } from './connection.ts';

/** `connecting`: not heard yet; `live`: frames come in; `down`: cut or unreachable, tried again for ever. */
export type FeedState = 'connecting' | 'live' | 'down' | 'closed';

/** How a venue's feed is, for people and for the health page. */
export interface FeedStatus {
  venue: string;
  market: string;
  label: string;
  state: FeedState;
  /** Why it is down, or what the venue refused. */
  reason: string | undefined;
  /** UTC ms since when it is so. */
  since: number;
  reconnects: number;
  badFrames: number;
}

/** A frame as it was received, and on which socket. */
export interface RawFrame {
  /** Which of the feed's connections, from 0, and which of its sockets, from 1: a cut begins a new one. */
  connection: number;
  session: number;
  /** The symbols whose books that connection carries. */
  books: ReadonlySet<string>;
  /** UTC ms, as the events of this frame will have it. */
  receivedAt: number;
  data: Buffer;
}

export interface FeedOptions extends FeedEvents {
  venue: Venue;
  subscriptions: readonly Subscription[];
  /** Every frame, before it is read: for recordings. Must not throw, must not wait. */
  onFrame?(frame: RawFrame): void;
  /** Fetches a whole book of a unified symbol, one of `waiting`; over the venue's REST by default. */
  fetchBook?(symbol: string, waiting: number): Promise<BookUpdate>;
}

/**
 * The one feed loop: every venue's market data over as many sockets as its limits ask for. Events come out in order
 * within a symbol; `book(symbol)` knows whether it is right, and a broken one resyncs alone.
 */
export class Feed implements RunningFeed {
  readonly #options: FeedOptions;
  readonly #books: FeedBooks;
  readonly #connections: Connection[];
  readonly #down = new Map<number, string>();
  readonly #live = new Set<number>();
  readonly #left = new Set<string>();
  readonly #status: FeedStatus;

  constructor(options: FeedOptions) {
    const { venue, subscriptions } = options;
    this.#options = options;
    this.#status = {
      venue: venue.name,
      market: venue.market,
      label: venue.label,
      state: 'connecting',
      reason: undefined,
      since: now(),
      reconnects: 0,
      badFrames: 0,
    };
    const parts = splitByAddress(venue, subscriptions);
    this.#connections = parts.map((part, index) => this.#connect(part, index));
    this.#books = new FeedBooks({
      venue,
      symbols: booksIn(subscriptions),
      fetchBook: options.fetchBook ?? ((symbol, waiting) => fetchBookSnapshot(venue, symbol, { waiting })),
      resubscribe: (symbol) => {
        const index = parts.findIndex(({ wanted }) => booksIn(wanted).has(symbol));
        this.#connections[index]?.resubscribe([{ channel: 'book', symbol }]);
      },
      onSnapshot: (update) => options.onEvents([update], update.receivedAt),
    });
  }

  start(): void {
    for (const connection of this.#connections) connection.start();
  }

  async close(): Promise<void> {
    this.#books.close();
    await Promise.all(this.#connections.map((connection) => connection.close()));
    this.#change('closed', undefined);
  }

  get status(): FeedStatus {
    return { ...this.#status };
  }

  book(symbol: string): Book | undefined {
    return this.#books.get(symbol);
  }

  leave(symbol: string): void {
    this.#left.add(symbol);
    for (const connection of this.#connections) connection.leave(symbol);
    this.#books.disconnected(new Set([symbol]));
    this.#options.onInterrupted?.(new Set([symbol]), 'the symbol was given up');
    this.#options.onBook?.(symbol);
    this.#options.onInterrupted?.(new Set([symbol]), 'the venue does not list it');
  }

  join(symbol: string): void {
    this.#left.delete(symbol);
    for (const connection of this.#connections) connection.join(symbol);
    this.#options.onResumed?.(new Set([symbol]));
  }

  #connect({ url, wanted }: Part, index: number): Connection {
    const symbols = booksIn(wanted);
    const traded = symbolsOf('trades', wanted);
    const { venue, onFrame } = this.#options;
    return new Connection(venue, url, wanted, {
      onOpen: () => this.#books.connected(symbols),
      ...(onFrame && {
        onFrame: (data, receivedAt, session) =>
          onFrame({ connection: index, session, books: symbols, receivedAt, data }),
      }),
      onLive: () => {
        this.#live.add(index);
        this.#down.delete(index);
        this.#options.onResumed?.(traded);
        this.#summarize();
      },
      onReading: (reading, receivedAt) => this.#take(reading, receivedAt),
      onBadFrame: (bad) => {
        this.#status.badFrames++;
        this.#options.onBadFrame?.(bad);
      },
      onDown: (reason) => {
        this.#live.delete(index);
        if (!this.#connections[index]?.isIdle) {
          this.#status.reconnects++;
          this.#down.set(index, reason);
        }
        this.#books.disconnected(symbols);
        this.#options.onInterrupted?.(traded, reason);
        this.#summarize();
      },
    });
  }

  #take(reading: Reading, receivedAt: number) {
    if (reading.kind === 'events') {
      const events = this.#wanted(reading.events);
      for (const event of events) if (event.type === 'book') this.#books.apply(event);
      if (events.length > 0) this.#options.onEvents(events, receivedAt);
    } else if (reading.kind === 'control' && reading.control.type === 'refused') {
      this.#status.reason = `the venue refused: ${reading.control.reason}`;
      this.#options.onStatus?.(this.status);
      this.#options.onRefused?.();
    }
  }

  /** What a venue still sends of a symbol that was given up counts no more. */
  #wanted(events: MarketEvent[]): MarketEvent[] {
    return this.#left.size === 0 ? events : events.filter(({ symbol }) => !this.#left.has(symbol));
  }

  /** One connection down makes the feed down; it is live when all of them are. */
  #summarize() {
    const [reason] = this.#down.values();
    if (reason !== undefined) this.#change('down', reason);
    else if (this.#connections.every(({ isIdle }, at) => isIdle || this.#live.has(at)))
      this.#change('live', undefined);
  }

  #change(state: FeedState, reason: string | undefined) {
    if (state !== this.#status.state) this.#status.since = now();
    this.#status.state = state;
    this.#status.reason = reason;
    this.#options.onStatus?.(this.status);
  }
}

/** What one connection carries. */
interface Part {
  url: string;
  wanted: readonly Subscription[];
}

const booksIn = (wanted: readonly Subscription[]) => symbolsOf('book', wanted);

const symbolsOf = (channel: Channel, wanted: readonly Subscription[]): ReadonlySet<string> =>
  new Set(wanted.filter((each) => each.channel === channel).map(({ symbol }) => symbol));

function splitByAddress(venue: Venue, subscriptions: readonly Subscription[]): Part[] {
  const { streamUrl, streamUrls = {}, limits } = venue;
  const urlOf = ({ channel }: Subscription) => streamUrls[channel] ?? streamUrl;
  return [...new Set(subscriptions.map(urlOf))].flatMap((url) => {
    const served = subscriptions.filter((subscription) => urlOf(subscription) === url);
    const parts = splitBySymbol(served, limits.subscriptionsPerConnection);
    return parts.map((wanted) => ({ url, wanted }));
  });
}

/** Keeps all of a symbol that one address serves on one connection, so that its events stay in order. */
function splitBySymbol(subscriptions: readonly Subscription[], most: number): Subscription[][] {
  const symbols = new Set(subscriptions.map(({ symbol }) => symbol));
  const parts: Subscription[][] = [];
  for (const symbol of symbols) {
    const wanted = subscriptions.filter((subscription) => subscription.symbol === symbol);
    const last = parts.at(-1);
    if (last && last.length + wanted.length <= most) last.push(...wanted);
    else parts.push([...wanted]);
  }
  return parts;
}
