import { canonicalDecimal } from '../../shared/domain/decimal.ts';
import type { Level, MarketEvent, Trade } from '../../shared/domain/market.ts';
import { RejectError } from '../../shared/errors.ts';
import { atSim } from '../../shared/exchanges/at-sim.ts';
import { Book } from '../../shared/exchanges/book.ts';
import type { Mapper, Reading, Subscription, Venue } from '../../shared/exchanges/venue.ts';
import { Candles } from './candles.ts';
import { Desk } from './desk.ts';
import type { Dialect } from './dialect.ts';
import { list } from './listing.ts';
import { Market, STEP_MS } from './market.ts';
import type { Frame, Session } from './session.ts';
import { Tape } from './tape.ts';
import { level } from './words.ts';

const TAPE_TRADES = 100_000;
const BASE_URL = 'http://sim';

/** One of a venue's addresses: what it carries, its session at the desk, and the mapper that reads it. */
export interface Line {
  session: Session;
  mapper: Mapper;
  subscriptions: Subscription[];
}

/** A frame and the line that it came on. */
export type Sent = Frame & { line: Line };

/**
 * One adapter and its books, fed by its dialect without a socket: the engine moves in virtual time and everything is
 * as fast as the two can be. What happens to a frame on the way is for whoever calls.
 */
export class Rehearsal {
  readonly venue: Venue;
  readonly markets: readonly Market[];
  readonly books = new Map<string, Book>();
  readonly lines: readonly Line[];
  readonly #dialect: Dialect;
  readonly #desk: Desk;
  readonly #rate: number;

  constructor(
    dialect: Dialect,
    venue: Venue,
    {
      symbols,
      subscriptions,
      seed,
      startTs,
      eventsPerSecond = 200,
    }: {
      symbols: readonly string[];
      subscriptions: readonly Subscription[];
      seed: number;
      startTs: number;
      eventsPerSecond?: number;
    },
  ) {
    this.venue = atSim(venue, BASE_URL);
    this.#dialect = dialect;
    this.#rate = eventsPerSecond;
    this.markets = symbols.map(
      (symbol) =>
        new Market(list(symbol), { seed, startTs, tape: new Tape(TAPE_TRADES), candles: new Candles() }),
    );
    this.#desk = new Desk(dialect, this.markets);
    this.lines = this.#connect(subscriptions);
    // A book without a level is none: the makers come first.
    for (let step = 0; step < 40; step++) for (const market of this.markets) market.step(this.#rate);
  }

  get ts(): number {
    return this.markets[0]?.ts ?? 0;
  }

  /** Subscribes on every line; the frames that this brings. */
  open(): Sent[] {
    return this.lines.flatMap((line) => [
      ...sentOn(line, line.session.open(this.ts)),
      ...(this.venue.opening ?? []).flatMap((message) => this.#say(line, message)),
      ...this.venue.subscribe(line.subscriptions).flatMap((message) => this.#say(line, message)),
    ]);
  }

  /** Moves every market on by one step; the frames that this brings. */
  step(): Sent[] {
    const frames: Sent[] = [];
    for (const market of this.markets) {
      const step = market.step(this.#rate);
      for (const line of this.lines) frames.push(...sentOn(line, line.session.tell(market, step)));
    }
    if (this.ts % 1_000 < STEP_MS) {
      for (const line of this.lines) frames.push(...sentOn(line, line.session.heartbeat(this.ts)));
    }
    return frames;
  }

  /** Reads one frame and moves the books; undefined for one that was refused. */
  take({ line, text }: Sent): Reading | undefined {
    const reading = this.read(line, text);
    if (reading?.kind === 'events') for (const event of reading.events) this.#apply(event);
    return reading;
  }

  read({ mapper }: Line, text: string): Reading | undefined {
    try {
      return mapper.read(text, this.ts);
    } catch (error) {
      if (error instanceof RejectError) return undefined;
      throw error;
    }
  }

  /** Begs, or fetches, a whole book; the frames that this brings, nothing where it came over REST. */
  resync(market: Market): Sent[] {
    const { symbol } = market.listing;
    const line = this.#lineOf(symbol);
    if (this.venue.book.snapshot === 'stream') {
      const again: Subscription[] = [{ channel: 'book', symbol }];
      const leave = line.mapper.unsubscribe?.(again) ?? this.venue.unsubscribe(again);
      const messages = [...leave, ...this.venue.subscribe(again)];
      return messages.flatMap((message) => this.#say(line, message));
    }
    const wire = this.venue.wireSymbol(symbol);
    const body: unknown = JSON.parse(JSON.stringify(this.#dialect.wholeBook?.(market, wire)));
    this.#apply(line.mapper.readSnapshot(wire, body, this.ts));
    return [];
  }

  /** Makes the line anew, as after a cut; the frames that this brings. */
  reconnect(line: Line): Sent[] {
    const index = this.lines.indexOf(line);
    const fresh = this.#connect(line.subscriptions)[0] as Line;
    Object.assign(this.lines[index] as Line, { session: fresh.session, mapper: fresh.mapper });
    for (const { channel, symbol } of line.subscriptions) {
      if (channel === 'book') this.books.get(symbol)?.disconnect();
    }
    return [
      ...sentOn(line, line.session.open(this.ts)),
      ...(this.venue.opening ?? []).flatMap((message) => this.#say(line, message)),
      ...this.venue.subscribe(line.subscriptions).flatMap((message) => this.#say(line, message)),
    ];
  }

  /** The engine's own book, spelled as ours. */
  truth({ book, listing }: Market, depth: number): { bids: Level[]; asks: Level[] } {
    const side = (of: 'buy' | 'sell') =>
      book.levels(of, depth).map((each): Level => {
        const [price, size] = level(listing, each);
        return [canonicalDecimal(price) ?? '', canonicalDecimal(size) ?? ''];
      });
    return { bids: side('buy'), asks: side('sell') };
  }

  /** The engine's trades from an id on, as the adapter must tell them. */
  trades({ tape, listing }: Market, fromId: number): Pick<Trade, 'id' | 'price' | 'size' | 'side' | 'ts'>[] {
    return tape.from(fromId, tape.nextId - fromId).map((trade) => {
      const { id, ts, ticks, lots, buyerIsMaker } = trade;
      const [price, size] = level(listing, [ticks, lots]);
      return {
        id: this.#dialect.tradeId?.(trade) ?? String(id),
        price: canonicalDecimal(price) ?? '',
        size: canonicalDecimal(size) ?? '',
        side: buyerIsMaker ? 'sell' : 'buy',
        ts,
      };
    });
  }

  #connect(subscriptions: readonly Subscription[]): Line[] {
    const { streamUrl, streamUrls = {} } = this.venue;
    const urlOf = ({ channel }: Subscription) => streamUrls[channel] ?? streamUrl;
    return [...new Set(subscriptions.map(urlOf))].map((url) => {
      const { pathname, searchParams } = new URL(url);
      const path = this.#desk.below(pathname) ?? '';
      const session = this.#desk.connect({ path, query: searchParams });
      if (!session) throw new Error(`nothing of ${this.venue.label} listens at ${pathname}`);
      const own = subscriptions.filter((subscription) => urlOf(subscription) === url);
      const mapper = this.venue.createMapper([...new Set(own.map(({ symbol }) => symbol))]);
      return { session, mapper, subscriptions: own };
    });
  }

  #lineOf(symbol: string): Line {
    const isOurs = (wanted: Subscription) => wanted.channel === 'book' && wanted.symbol === symbol;
    const line = this.lines.find(({ subscriptions }) => subscriptions.some(isOurs));
    if (!line) throw new Error(`no book of ${symbol} is subscribed to`);
    return line;
  }

  #say(line: Line, message: string): Sent[] {
    return sentOn(line, line.session.hear(message, this.ts));
  }

  #apply(event: MarketEvent): void {
    if (event.type !== 'book') return;
    const book = this.books.get(event.symbol) ?? new Book(this.venue.book);
    this.books.set(event.symbol, book);
    book.apply(event);
  }
}

const sentOn = (line: Line, frames: Frame[]): Sent[] => frames.map((frame) => ({ ...frame, line }));
