import { now } from '../shared/clock.ts';
import { INTERVALS, type Interval } from '../shared/domain/market.ts';
import type { Queues } from '../shared/queue/queues.ts';
import { slug } from '../shared/slug.ts';

const AT_START = 1_000;
/** The stream's first candle may be one or two after the last that REST has: a second look closes the seam. */
const SEAM_MS = 3_000;

/** Asks for the candles that were not streamed; whoever does it fetches only what the archive lacks. */
export class CandleHistory {
  readonly #venue: string;
  readonly #symbols: () => readonly string[];
  readonly #intervals: readonly Interval[];
  readonly #queues: Queues;

  constructor(deps: {
    venue: string;
    /** Those that are followed now. */
    symbols(): readonly string[];
    intervals: readonly Interval[];
    queues: Queues;
  }) {
    this.#venue = deps.venue;
    this.#symbols = deps.symbols;
    this.#intervals = deps.intervals;
    this.#queues = deps.queues;
  }

  /** The newest 1,000 of every symbol and interval, so that averages over hundreds have what they need. */
  async askAtStart(): Promise<void> {
    await this.#ask((stepMs) => ({ since: now() - AT_START * stepMs, until: now() }));
  }

  /** What closed since the stream was last known to be whole, shortly after it is back. */
  async askSince(since: number): Promise<void> {
    const limited = (stepMs: number) => Math.max(since - stepMs, now() - AT_START * stepMs);
    await this.#ask((stepMs) => ({ since: limited(stepMs), until: now() + SEAM_MS }), SEAM_MS);
  }

  async #ask(span: (stepMs: number) => { since: number; until: number }, delayMs = 0) {
    for (const symbol of this.#symbols()) {
      for (const interval of this.#intervals) {
        const stepMs = INTERVALS[interval];
        const { since, until } = span(stepMs);
        const [from, to] = [since, until].map((ts) => Math.floor(ts / stepMs) * stepMs) as [number, number];
        if (from >= to) continue;
        const id = `bootstrap-${slug(this.#venue)}-${slug(symbol)}-${interval}-${from}-${to}`;
        const payload = { venue: this.#venue, symbol, interval, from, to };
        await this.#queues.enqueue('bootstrap', payload, { id, delayMs });
      }
    }
  }
}
