import { monotonic, sleep } from '../../clock.ts';
import { connectQuota } from '../quota.ts';
import type { TokenBucket } from '../token-bucket.ts';
import type { Venue } from '../venue.ts';
import { Redial } from './redial.ts';

/** Whoever makes connections, told apart by identity. */
type Caller = object;

const dialers = new Map<string, Dialer>();

/**
 * Each knock that fails takes the place of one of those who wait, for a whole window of the quota. Once another one
 * would leave too few for all of them, knocks come a sixth of the window apart, or so far.
 */
const SCARCE_KNOCKS = 6;
const SCARCE_MOST_MS = 10_000;

/** That of all connections of this process to an address. */
export function dialerOf(url: string, venue: Venue): Dialer {
  const { origin, pathname } = new URL(url);
  const key = `${venue.name} ${origin}${pathname}`;
  const dialer = dialers.get(key) ?? new Dialer(connectQuota(url, venue), venue.limits.reconnectFloorMs);
  dialers.set(key, dialer);
  return dialer;
}

/**
 * When the connections to one address may be made, within its quota. As long as nobody knows whether the venue is
 * there, one of them knocks and the others wait for what it finds: an outage takes no more attempts for a hundred
 * connections than for one.
 */
export class Dialer {
  readonly #quota: TokenBucket;
  readonly #redial: Redial;
  readonly #waiting = new Set<() => void>();
  #isThere = false;
  #knocker: Caller | undefined;
  #knockAt = 0;

  constructor(quota: TokenBucket, floorMs: number) {
    this.#quota = quota;
    this.#redial = new Redial(floorMs);
  }

  /** Waits until it is time for the caller, who then tells what came of it; false when the signal came first. */
  async turn(caller: Caller, signal: AbortSignal): Promise<boolean> {
    while (!this.#isThere && this.#knocker && !signal.aborted) await this.#news(signal);
    if (!this.#isThere && !signal.aborted) {
      this.#knocker = caller;
      await sleep(Math.max(0, this.#knockAt - monotonic()), signal);
    }
    if (!signal.aborted && (await this.#quota.take(1, { signal }))) return true;
    this.#leave(caller);
    return false;
  }

  /** For a second connection beside one that is up: it needs no turn, but its share of the quota. */
  second(signal: AbortSignal): Promise<boolean> {
    return this.#quota.take(1, { signal });
  }

  /** The venue has let somebody in. */
  reached(): void {
    this.#isThere = true;
    this.#knocker = undefined;
    this.#wake();
  }

  /** A connection of the caller has ended that was live for so many ms, or never was. */
  ended(caller: Caller, liveMs: number | undefined): void {
    const waitMs = Math.max(this.#redial.waitMs(liveMs), liveMs === undefined ? this.#scarceMs : 0);
    if (this.#isThere || this.#knocker === caller) this.#knockAt = monotonic() + waitMs;
    this.#isThere = false;
    this.#leave(caller);
  }

  /** The venue wants nobody of this address for so long. */
  shut(ms: number): void {
    this.#quota.shut(ms);
  }

  /** The least wait after a knock that failed. */
  get #scarceMs(): number {
    const isScarce = this.#quota.free <= this.#waiting.size + 1;
    return isScarce ? Math.min(SCARCE_MOST_MS, this.#quota.perMs / SCARCE_KNOCKS) : 0;
  }

  #leave(caller: Caller) {
    if (this.#knocker === caller) this.#knocker = undefined;
    this.#wake();
  }

  #wake() {
    for (const wake of [...this.#waiting]) wake();
  }

  /** Ends with the next word of anybody, or with the signal. */
  #news(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        this.#waiting.delete(wake);
        signal.removeEventListener('abort', wake);
        resolve();
      };
      this.#waiting.add(wake);
      signal.addEventListener('abort', wake, { once: true });
    });
  }
}
