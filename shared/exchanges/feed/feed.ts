import { now } from '../../clock.ts';
import type { BookUpdate } from '../../domain/market.ts';
import type { Book } from '../book.ts';
import { fetchBookSnapshot, fetchBookTop } from '../history.ts';
import { hasRoomForAudits } from '../quota.ts';
import type { FeedEvents, RunningFeed } from '../running-feed.ts';
import type { BookTop, Subscription, Venue } from '../venue.ts';
import { BookAudit } from './book-audit.ts';
import { Connection } from './connection.ts';
import type { BrokenBook } from './feed-books.ts';
import { type Part, splitByAddress, symbolsOf } from './feed-parts.ts';
import { PauseWatch } from './pause-watch.ts';

export type { BadFrame } from './session.ts';

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
  /** Cuts that nobody had announced, after each of which it connects anew. */
  reconnects: number;
  /** Planned changes to a new connection, of which nothing was lost. */
  handovers: number;
  /** Books that were live and broke. */
  brokenBooks: number;
  /** Books compared with the venue's REST, and those of them that were wrong. */
  audits: number;
  failedAudits: number;
  badFrames: number;
}

/** What befell a feed, for counters. */
export type FeedFact =
  | { type: 'cut'; reason: string }
  | { type: 'handover'; reason: string }
  | { type: 'broken book'; symbol: string; cause: BrokenBook }
  | { type: 'audit'; symbol: string; isRight: boolean };

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
  /** A whole book was fetched over REST and given to the books of that connection's session. */
  onFetched?(update: BookUpdate, of: Pick<RawFrame, 'connection' | 'session'>): void;
  /** Fetches a whole book of a unified symbol, one of `waiting`; over the venue's REST by default. */
  fetchBook?(symbol: string, waiting: number): Promise<BookUpdate>;
  /** Fetches the top of a book, to compare; over the venue's REST by default. */
  fetchBookTop?(symbol: string): Promise<BookTop | undefined>;
  /** How often each book is compared; 9 minutes by default. */
  auditEveryMs?: number;
}

/**
 * The one feed loop: every venue's market data over as many sockets as its limits ask for. Events come out in order
 * within a symbol; `book(symbol)` knows whether it is right, and a broken one resyncs alone.
 */
export class Feed implements RunningFeed {
  readonly #options: FeedOptions;
  readonly #connections: Connection[];
  readonly #connectionOf = new Map<string, Connection>();
  readonly #audit: BookAudit;
  readonly #pauses: PauseWatch;
  readonly #down = new Map<number, string>();
  readonly #live = new Set<number>();
  readonly #status: FeedStatus;

  constructor(options: FeedOptions) {
    const { venue, subscriptions } = options;
    this.#options = options;
    this.#status = {
      ...{ venue: venue.name, market: venue.market, label: venue.label },
      ...{ state: 'connecting', reason: undefined, since: now() },
      ...{ reconnects: 0, handovers: 0, brokenBooks: 0, audits: 0, failedAudits: 0, badFrames: 0 },
    };
    this.#connections = splitByAddress(venue, subscriptions).map((part, index) => this.#connect(part, index));
    this.#audit = this.#createAudit();
    this.#pauses = new PauseWatch(() => {
      for (const connection of this.#connections) connection.distrustAll('pause');
    });
  }

  start(): void {
    this.#pauses.start();
    this.#audit.start();
    for (const connection of this.#connections) connection.start();
  }

  async close(): Promise<void> {
    this.#pauses.close();
    this.#audit.close();
    await Promise.all(this.#connections.map((connection) => connection.close()));
    this.#change('closed', undefined);
  }

  get status(): FeedStatus {
    return { ...this.#status };
  }

  book(symbol: string): Book | undefined {
    this.#pauses.look();
    return this.#connectionOf.get(symbol)?.book(symbol);
  }

  leave(symbol: string): void {
    for (const connection of this.#connections) connection.leave(symbol);
    this.#options.onInterrupted?.(new Set([symbol]), 'the symbol was given up');
    this.#options.onBook?.(symbol);
  }

  join(symbol: string): void {
    for (const connection of this.#connections) connection.join(symbol);
    this.#options.onResumed?.(new Set([symbol]));
  }

  #connect({ url, wanted }: Part, index: number): Connection {
    const { venue, fetchBook, onEvents, onFrame, onFetched, onBadFrame } = this.#options;
    const books = symbolsOf('book', wanted);
    const traded = symbolsOf('trades', wanted);
    const followed = () => new Set([...traded].filter((symbol) => !connection.hasLeft(symbol)));
    const fetch = fetchBook ?? ((symbol, waiting) => fetchBookSnapshot(venue, symbol, { waiting }));
    const plan = {
      ...{ venue, url, subscriptions: wanted, books },
      fetchBook: (symbol: string) => fetch(symbol, this.#waiting),
    };
    const connection = new Connection(plan, {
      onEvents,
      onFrame: (data, receivedAt, session) => {
        this.#pauses.look();
        onFrame?.({ connection: index, session, books, receivedAt, data });
      },
      onFetched: (update, session) => onFetched?.(update, { connection: index, session }),
      onBadFrame: (bad) => {
        this.#status.badFrames++;
        onBadFrame?.(bad);
      },
      onRefused: (reason) => {
        this.#change(this.#status.state, `the venue refused: ${reason}`);
        this.#options.onRefused?.();
      },
      onLost: (reason) => this.#options.onInterrupted?.(followed(), reason),
      onBroken: (symbol, cause) => {
        this.#count({ type: 'broken book', symbol, cause });
        if (cause !== 'sequence') this.#options.onBook?.(symbol);
      },
      onLive: () => {
        this.#live.add(index);
        this.#down.delete(index);
        this.#options.onResumed?.(followed());
        this.#summarize();
      },
      onDown: (reason) => {
        this.#live.delete(index);
        if (!connection.isIdle) {
          this.#down.set(index, reason);
          this.#count({ type: 'cut', reason });
        }
        this.#options.onInterrupted?.(followed(), reason);
        this.#summarize();
      },
      onHandover: (reason) => this.#count({ type: 'handover', reason }),
    });
    for (const symbol of books) this.#connectionOf.set(symbol, connection);
    return connection;
  }

  /** A book that has a checksum proves itself: it is only watched for having gone quiet. */
  #createAudit(): BookAudit {
    const { venue, subscriptions, fetchBookTop: fetch, auditEveryMs } = this.#options;
    const hasCall = venue.history.bookTop ?? venue.history.book;
    const isComparable = fetch ?? (hasCall && !venue.book.checksum);
    return new BookAudit({
      symbols: [...symbolsOf('book', subscriptions)],
      book: (symbol) => this.book(symbol),
      ...(isComparable && { fetchTop: fetch ?? ((symbol) => fetchBookTop(venue, symbol)) }),
      hasRoom: () => hasRoomForAudits(venue),
      distrust: (symbol, cause) => this.#connectionOf.get(symbol)?.distrust(symbol, cause),
      onAudited: (symbol, isRight) => this.#count({ type: 'audit', symbol, isRight }),
      ...(auditEveryMs && { everyMs: auditEveryMs }),
    });
  }

  /** Books that are wanted and not there, at least the one that asks. */
  get #waiting(): number {
    return Math.max(
      1,
      this.#connections.reduce((sum, { waiting }) => sum + waiting, 0),
    );
  }

  #count(fact: FeedFact) {
    if (fact.type === 'cut') this.#status.reconnects++;
    else if (fact.type === 'handover') this.#status.handovers++;
    else if (fact.type === 'broken book') this.#status.brokenBooks++;
    else {
      this.#status.audits++;
      if (!fact.isRight) this.#status.failedAudits++;
    }
    this.#options.onFact?.(fact);
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
