import type { Log } from '../../shared/log.ts';
import { Candles } from './candles.ts';
import { fromLedger, Ledger } from './ledger.ts';
import { list } from './listing.ts';
import { Market, STEP_MS, type Step } from './market.ts';
import { Tape } from './tape.ts';

const HISTORY_MS = 45 * 60_000;
/** A longer stop is not traded through afterwards: ids go on, but the time has no candles. */
const CATCH_UP_MS = 2 * 3_600_000;
/** Events made in one fast-forward at most: a high rate is lowered for it. */
const CATCH_UP_EVENTS = 150_000;
/** Ledger read back at a start: about 750,000 trades. */
const RECALL_BYTES = 64 * 2 ** 20;
/** Trades kept in memory, all symbols together. */
const TAPE_TRADES = 4_000_000;
const LARGEST_TAPE = 1_000_000;
/** Steps done in one go; then other work has its turn. */
const STEPS_AT_ONCE = 20;

export interface VenueOptions {
  /** Unified symbols, spot and futures. */
  symbols: readonly string[];
  seed: number;
  /** Trades, tickers and depth frames a second, all symbols together. */
  eventsPerSecond: number;
  /** Where the ledger lives. */
  folder: string;
  /** How much history a venue without a past makes up before it opens; 45 minutes by default. */
  historyMs?: number;
  log: Log;
}

/** One market's step, its trades in the ledger already. */
export type Moved = readonly [Market, Step];

/**
 * All markets and their ledger. Opening brings them up to the present: from the ledger's last trade, or through
 * `historyMs` of made-up past. `advance` then keeps them there.
 */
export class SimVenue {
  readonly seed: number;
  readonly eventsPerSecond: number;
  readonly ledger: Ledger;
  /** By the venue's own id, `BTCUSDT`. */
  readonly markets = new Map<string, Market>();
  #burst = { factor: 1, untilTs: 0 };
  readonly #historyMs: number;
  readonly #log: Log;

  /** @throws {UserError} when the ledger's folder cannot be written */
  constructor(options: VenueOptions, at: number) {
    const { symbols, seed, eventsPerSecond, folder, historyMs = HISTORY_MS, log } = options;
    this.seed = seed;
    this.eventsPerSecond = eventsPerSecond;
    this.ledger = Ledger.open(folder);
    this.#historyMs = historyMs;
    this.#log = log;
    this.#takeUp(symbols, at);
    this.#catchUp(at);
  }

  /**
   * Does the steps that are due at `at`, a second's worth at most; true when more are due.
   * `onMoved` gets them when their trades are safe in the ledger.
   */
  advance(at: number, onMoved: (moved: Moved[]) => void): boolean {
    const moved: Moved[] = [];
    for (let round = 0; round < STEPS_AT_ONCE; round++) {
      for (const market of this.#due(at)) {
        const factor = market.ts < this.#burst.untilTs ? this.#burst.factor : 1;
        moved.push([market, this.#step(market, this.eventsPerSecond * factor, at)]);
      }
    }
    this.ledger.flush();
    onMoved(moved);
    return this.#due(at).length > 0;
  }

  /** So many times as many events until `untilTs`. */
  burst(factor: number, untilTs: number): void {
    this.#burst = { factor, untilTs };
  }

  close(): void {
    this.ledger.close();
  }

  #takeUp(symbols: readonly string[], at: number): void {
    const listings = new Map(symbols.map(list).map((listing) => [listing.id, listing]));
    const capacity = Math.min(LARGEST_TAPE, Math.floor(TAPE_TRADES / listings.size));
    const pasts = new Map(
      [...listings.keys()].map((id) => [id, { tape: new Tape(capacity), candles: new Candles() }]),
    );
    this.ledger.recall(RECALL_BYTES, (id, line) => {
      const listing = listings.get(id);
      const past = pasts.get(id);
      if (!listing || !past) return;
      const trade = fromLedger(line, listing);
      past.tape.add(trade);
      past.candles.add(trade);
    });
    for (const [id, listing] of listings) {
      const past = pasts.get(id) as { tape: Tape; candles: Candles };
      this.markets.set(
        id,
        new Market(listing, { seed: this.seed, startTs: this.#startOf(past.tape, at), ...past }),
      );
    }
  }

  #startOf(tape: Tape, at: number): number {
    const lastTs = tape.last()?.ts;
    const isFresh = lastTs === undefined || at - lastTs > CATCH_UP_MS;
    return onStep(isFresh ? at - this.#historyMs : lastTs);
  }

  #catchUp(at: number): void {
    for (const market of this.markets.values()) {
      if (market.ts > at + STEP_MS) {
        this.#log.warn(
          { symbol: market.listing.symbol, aheadMs: market.ts - at },
          'ledger is ahead of the clock',
        );
      }
      const seconds = Math.max(1, (at - market.ts) / 1_000);
      const rate = Math.min(this.eventsPerSecond, CATCH_UP_EVENTS / seconds);
      while (market.ts + STEP_MS <= at) this.#step(market, rate, at);
      this.ledger.flush();
    }
  }

  #due(at: number): Market[] {
    const due = [...this.markets.values()].filter(({ ts }) => ts + STEP_MS <= at);
    for (const market of due) {
      if (at - market.ts > CATCH_UP_MS) market.ts = onStep(at - this.#historyMs);
    }
    return due;
  }

  #step(market: Market, eventsPerSecond: number, at: number): Step {
    const step = market.step(eventsPerSecond / this.markets.size);
    for (const trade of step.trades) this.ledger.add(market.listing, trade, at);
    return step;
  }
}

const onStep = (ts: number) => Math.floor(ts / STEP_MS) * STEP_MS;
