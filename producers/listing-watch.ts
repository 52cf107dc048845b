import { endsWithin, monotonic } from '../shared/clock.ts';
import { messageOf, RejectError, RetryError } from '../shared/errors.ts';
import { describeUnlisted, fetchListing } from '../shared/exchanges/listing.ts';
import type { RunningFeed } from '../shared/exchanges/running-feed.ts';
import type { VenueFacts } from '../shared/exchanges/venue.ts';
import type { Log } from '../shared/log.ts';

interface ListingWatchDeps {
  facts: VenueFacts;
  /** All that are configured. */
  symbols: readonly string[];
  everyMs: number;
  log: Log;
  /** A symbol is not listed, and why in a person's words, or is listed again. */
  onChange(symbol: string, missing: string | undefined): void;
}

/** How long a start waits for the venue's list; a venue that does not answer is followed on trust. */
const FIRST_MS = 5_000;
/** Refusals come in crowds. */
const LEAST_MS = 2_000;

/**
 * Compares what we follow with what the venue lists, at the start, every so often, and when the venue refuses
 * something. A symbol that is not listed is given up until it is; the others are none the wiser. A venue that can't
 * be asked changes nothing.
 */
export class ListingWatch {
  readonly #deps: ListingWatchDeps;
  readonly #missing = new Map<string, string>();
  readonly #seen = new Set<string>();
  #feed: RunningFeed | undefined;
  #looking: Promise<void> | undefined;
  #lookedAt = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;

  constructor(deps: ListingWatchDeps) {
    this.#deps = deps;
  }

  /** Symbol → why it is not followed. */
  get missing(): ReadonlyMap<string, string> {
    return this.#missing;
  }

  /** Those that are followed. */
  get followed(): string[] {
    return this.#deps.symbols.filter((symbol) => !this.#missing.has(symbol));
  }

  /** The first look, before anything is subscribed to; does not wait for long. */
  async begin(): Promise<void> {
    if (this.#deps.symbols.length > 0) await endsWithin(FIRST_MS, this.look());
    this.#timer = setInterval(() => void this.look(), this.#deps.everyMs);
  }

  /** From here on this feed follows what is listed. */
  guard(feed: RunningFeed): void {
    this.#feed = feed;
    for (const symbol of this.#missing.keys()) feed.leave(symbol);
  }

  /** The venue refused something. */
  refused(): void {
    if (monotonic() - this.#lookedAt > LEAST_MS) void this.look();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  look(): Promise<void> {
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  async #look() {
    const { facts, symbols, log } = this.#deps;
    this.#lookedAt = monotonic();
    try {
      const listed = await fetchListing(facts);
      for (const symbol of symbols) this.#judge(symbol, listed);
    } catch (error) {
      if (!(error instanceof RetryError || error instanceof RejectError)) throw error;
      log.debug({ reason: messageOf(error) }, 'what the venue lists is not known');
    }
  }

  #judge(symbol: string, listed: ReadonlySet<string>) {
    const isListed = listed.has(symbol);
    if (isListed) this.#seen.add(symbol);
    if (isListed !== this.#missing.has(symbol)) return;
    const why = isListed ? undefined : this.#describe(symbol, listed);
    if (why === undefined) this.#missing.delete(symbol);
    else this.#missing.set(symbol, why);
    if (why === undefined) this.#feed?.join(symbol);
    else this.#feed?.leave(symbol);
    this.#deps.onChange(symbol, why);
  }

  #describe(symbol: string, listed: ReadonlySet<string>): string {
    const { facts } = this.#deps;
    if (!this.#seen.has(symbol)) return describeUnlisted(facts, symbol, listed);
    return `${facts.label} no longer lists ${symbol}: its subscription has ended, and begins again when it is back`;
  }
}
