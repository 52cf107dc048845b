import type { BookUpdate, MarketEvent } from '../../domain/market.ts';
import type { Control, Reading, Subscription, Venue } from '../venue.ts';
import { type BrokenBook, FeedBooks } from './feed-books.ts';
import { type BadFrame, type Ending, Session } from './session.ts';

/** What a line is about. */
export interface LinePlan {
  venue: Venue;
  url: string;
  subscriptions: readonly Subscription[];
  /** The symbols whose books are among the subscriptions. */
  books: ReadonlySet<string>;
  /** Symbols that were given up: what is still said of them counts no more. */
  left: ReadonlySet<string>;
  /** Fetches a whole book over REST. */
  fetchBook(symbol: string): Promise<BookUpdate>;
}

/** What a line tells whoever holds it. `session` counts the connection's sockets, from 1. */
export interface LineHandlers {
  /** A frame as it came, before it is read. */
  onFrame(data: Buffer, receivedAt: number, session: number): void;
  /** A whole book was fetched and given to this line's books. */
  onFetched(update: BookUpdate, session: number): void;
  onBadFrame(bad: BadFrame): void;
  /** The venue has let a socket in. */
  onOpen(): void;
  /** The first frame of a socket that could be read came in. */
  onLive(line: Line): void;
  /** Books have taken them already. */
  onEvents(line: Line, events: readonly MarketEvent[], receivedAt: number): void;
  /** Before the events of the same frame. */
  onControl(line: Line, control: Control): void;
  onBroken(line: Line, symbol: string, cause: BrokenBook): void;
  /** The venue will cut this line's socket before long. */
  onLeave(line: Line, reason: string): void;
}

/** One socket after the other, and the books that they keep: one at a time, as a cut ends the first. */
export class Line {
  readonly books: FeedBooks;
  session: Session | undefined;
  /** The end of the last socket; never rejects. */
  ended: Promise<Ending> | undefined;
  /** Whether that is still to come. */
  isUp = false;
  /** Why the venue wants its socket to end, if it said so. */
  leaving: string | undefined;
  readonly #plan: LinePlan;
  readonly #handlers: LineHandlers;
  #number = 0;

  constructor(plan: LinePlan, handlers: LineHandlers) {
    this.#plan = plan;
    this.#handlers = handlers;
    const { venue, books: symbols, left, fetchBook } = plan;
    this.books = new FeedBooks({
      ...{ venue, symbols, left, fetchBook },
      resubscribe: (symbol) => this.session?.resubscribe([{ channel: 'book', symbol }]),
      onSnapshot: (update) => {
        handlers.onFetched(update, this.#number);
        handlers.onEvents(this, [update], update.receivedAt);
      },
      onBroken: (symbol, cause) => handlers.onBroken(this, symbol, cause),
    });
  }

  /** Opens the socket that counts as `number`; its end leaves the books stale. */
  connect(number: number): void {
    this.#number = number;
    this.isUp = true;
    this.leaving = undefined;
    const { venue, url, subscriptions, left } = this.#plan;
    const { onFrame, onBadFrame, onOpen, onLive, onLeave } = this.#handlers;
    let live = false;
    const session = new Session({
      ...{ venue, url, onBadFrame },
      symbols: [...new Set(subscriptions.map(({ symbol }) => symbol))],
      wanted: () => subscriptions.filter(({ symbol }) => !left.has(symbol)),
      onOpen: () => {
        this.books.connected();
        onOpen();
      },
      onFrame: (data, receivedAt) => onFrame(data, receivedAt, number),
      onReading: (reading, receivedAt) => {
        this.#read(reading, receivedAt);
        if (!live) onLive(this);
        live = true;
      },
      onLeave: (reason) => {
        this.leaving = reason;
        onLeave(this, reason);
      },
    });
    this.session = session;
    this.ended = session.ended.then((ending) => {
      this.isUp = false;
      this.books.disconnected();
      return ending;
    });
  }

  #read(reading: Reading, receivedAt: number) {
    if (reading.kind === 'ignored') return;
    if (reading.control) this.#handlers.onControl(this, reading.control);
    if (reading.kind !== 'events') return;
    const events = this.#wanted(reading.events);
    for (const event of events) if (event.type === 'book') this.books.apply(event);
    if (events.length > 0) this.#handlers.onEvents(this, events, receivedAt);
  }

  #wanted(events: MarketEvent[]): MarketEvent[] {
    const { left } = this.#plan;
    return left.size === 0 ? events : events.filter(({ symbol }) => !left.has(symbol));
  }
}
