import { Agents } from './agents.ts';
import type { Candles } from './candles.ts';
import { type DepthDiff, DepthDiffs } from './depth-diff.ts';
import { fairPrice } from './fair-price.ts';
import type { Listing } from './listing.ts';
import { type BookLevel, type Execution, OrderBook } from './matching.ts';
import { type Random, seeded } from './random.ts';
import type { Tape, TapeTrade } from './tape.ts';

/** Virtual time moves in steps of so many ms; every step is a whole multiple of it since the epoch. */
export const STEP_MS = 50;
const DEPTH_MS = 100;
const SLOW_DEPTH_MS = 1_000;
/** How far back a taker looks for the trend it leans with. */
const TREND_MS = 10_000;
/** Makers come back after so many trades within a step, so that a busy step does not empty the book. */
const TRADES_BETWEEN_QUOTES = 40;

/** Best bid and ask at an update id of the book. */
export interface Ticker {
  updateId: number;
  bid: BookLevel;
  ask: BookLevel;
}

/** What one step brought. `depth` comes at most every 100 ms, `slowDepth` at most every second. */
export interface Step {
  ts: number;
  trades: TapeTrade[];
  ticker?: Ticker | undefined;
  depth?: DepthDiff | undefined;
  slowDepth?: DepthDiff | undefined;
}

export interface MarketOptions {
  seed: number;
  /** Virtual time of the last step that is done already, UTC ms. */
  startTs: number;
  /** What was traded before; empty on a first start. Later trades are added to both. */
  tape: Tape;
  candles: Candles;
}

/**
 * One symbol of the venue: book, agents, tape and candles, moved in virtual time by `step`. The same options and the
 * same rates give the same tape.
 */
export class Market {
  readonly listing: Listing;
  readonly book: OrderBook;
  readonly tape: Tape;
  readonly candles: Candles;
  /** Virtual time of the last step, UTC ms. */
  ts: number;
  readonly #fair: (ms: number) => number;
  readonly #agents: Agents;
  readonly #random: Random;
  readonly #depth: DepthDiffs;
  readonly #slowDepth: DepthDiffs;
  #nextTradeId: number;
  /** Events that may be made now, and how many must be there before the agents stir. */
  #credit = 0;
  #threshold = 0;
  #lastTouch = '';

  constructor(listing: Listing, { seed, startTs, tape, candles }: MarketOptions) {
    this.listing = listing;
    this.ts = startTs;
    this.tape = tape;
    this.candles = candles;
    this.#nextTradeId = tape.length ? tape.nextId : firstTradeId(startTs);
    this.#random = seeded(seed, listing.id, startTs);
    this.#agents = new Agents(listing, this.#random);
    const factor = fairPrice(seed, listing.id);
    this.#fair = (ms) => listing.anchor * factor(ms);
    const updateId = firstUpdateId(startTs);
    this.#depth = new DepthDiffs(updateId);
    this.#slowDepth = new DepthDiffs(updateId);
    this.book = new OrderBook(updateId, (side, ticks) => {
      this.#depth.note(side, ticks);
      this.#slowDepth.note(side, ticks);
    });
  }

  /** What the makers believe in, in ticks with fractions. */
  fairTicks(ms: number): number {
    return this.#fair(ms) * 10 ** this.listing.priceDecimals;
  }

  /** Moves on by one step, making `eventsPerSecond` trades, tickers and depth frames on average. */
  step(eventsPerSecond: number): Step {
    this.ts += STEP_MS;
    this.candles.roll(this.ts);
    this.#credit += (eventsPerSecond * STEP_MS) / 1_000;
    const step: Step = { ts: this.ts, trades: this.#credit >= this.#threshold ? this.#stir() : [] };
    step.ticker = this.#tickerIfMoved();
    if (this.ts % DEPTH_MS === 0) step.depth = this.#depth.flush(this.book);
    if (this.ts % SLOW_DEPTH_MS === 0) step.slowDepth = this.#slowDepth.flush(this.book);
    this.#credit -= step.trades.length + (step.ticker ? 1 : 0) + (step.depth ? 1 : 0);
    return step;
  }

  /** The agents act until the credit is spent, less what the ticker and depth frames will cost. */
  #stir(): TapeTrade[] {
    const fair = this.#fair(this.ts);
    const lean = Math.tanh((1_000 * (fair - this.#fair(this.ts - TREND_MS))) / fair);
    const trades: TapeTrade[] = [];
    const budget = Math.max(1, Math.round(this.#credit - 2));
    let quoteAt = 0;
    while (trades.length < budget) {
      if (trades.length >= quoteAt) {
        this.#agents.make(this.book, fair);
        quoteAt = trades.length + TRADES_BETWEEN_QUOTES;
      }
      for (const execution of this.#agents.take(this.book, fair, lean)) trades.push(this.#print(execution));
    }
    this.#threshold = 3 + 3 * this.#random.next();
    return trades;
  }

  #print({ ticks, lots, takerSide }: Execution): TapeTrade {
    const trade = { id: this.#nextTradeId++, ts: this.ts, ticks, lots, buyerIsMaker: takerSide === 'sell' };
    this.tape.add(trade);
    this.candles.add(trade);
    return trade;
  }

  #tickerIfMoved(): Ticker | undefined {
    const bid = this.book.best('buy');
    const ask = this.book.best('sell');
    if (!bid || !ask) return undefined;
    const touch = `${bid}/${ask}`;
    if (touch === this.#lastTouch) return undefined;
    this.#lastTouch = touch;
    return { updateId: this.book.updateId, bid, ask };
  }
}

const IDS_SINCE = Date.UTC(2024, 0, 1);

/** Update ids start from the clock, faster than they can be used up, so that they grow over a restart too. */
const firstUpdateId = (ts: number) => (ts - IDS_SINCE) * 1_000;

/** Likewise the trade ids of a venue without a past: an emptied home does not repeat ids a database may hold. */
const firstTradeId = (ts: number) => (ts - IDS_SINCE) * 50;
