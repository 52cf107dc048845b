import { monotonic } from '../../clock.ts';

/** A session that was live for so long was a good one: what comes next is a new outage. */
const GOOD_SESSION_MS = 2_000;
/** A shorter one shows that the venue is there, but it may be turning us out: the outage counts for so much at most. */
const SHORT_SESSION_COUNTS_MS = 1_000;
/** The first attempt after a cut comes at once, but not in the same millisecond as that of all the others. */
const FIRST_MS = 250;
const LEAST_MS = 1_000;
const MOST_MS = 30_000;

/**
 * When to connect again: at once, then after a random part of the time that the venue has been away so far. The waits
 * grow as the outage does, and are over at the latest when it has lasted as long again.
 */
export class Redial {
  readonly #floorMs: number;
  #awaySince: number | undefined;

  /** `floorMs`: the least wait once the venue has been away for longer than that. */
  constructor(floorMs: number) {
    this.#floorMs = floorMs;
  }

  /** Milliseconds to wait after an attempt that ended; `liveMs`: how long its session was live, if ever it was. */
  waitMs(liveMs: number | undefined, at = monotonic()): number {
    const awayMs = this.#awayMs(liveMs, at);
    if (awayMs === 0) return Math.random() * FIRST_MS;
    const waitMs = Math.random() * Math.min(MOST_MS, Math.max(LEAST_MS, awayMs));
    return awayMs > this.#floorMs ? Math.max(this.#floorMs, waitMs) : waitMs;
  }

  #awayMs(liveMs: number | undefined, at: number): number {
    const since = this.#awaySince ?? at;
    const isGood = liveMs !== undefined && liveMs > GOOD_SESSION_MS;
    const isShort = liveMs !== undefined && !isGood;
    this.#awaySince = isGood ? at : isShort ? Math.max(since, at - this.#shortCountsMs) : since;
    return at - this.#awaySince;
  }

  get #shortCountsMs(): number {
    return Math.max(SHORT_SESSION_COUNTS_MS, this.#floorMs + 1);
  }
}
