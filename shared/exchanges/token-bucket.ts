import { monotonic } from '../clock.ts';
import type { Rate } from './venue.ts';
import { type Grade, WaitingLine } from './waiting-line.ts';

interface Waiting {
  cost: number;
  since: number;
  done(taken: boolean): void;
}

/**
 * A budget of `count` tokens, each of which comes back `perMs` after it was taken: no window of that length, wherever
 * the venue lets its own begin, ever holds more. Whoever finds too few waits in line.
 */
export class TokenBucket {
  readonly #rate: Rate;
  #taken: { at: number; cost: number }[] = [];
  #used = 0;
  readonly #line = new WaitingLine<Waiting>();
  #shutUntil = 0;
  #timer: NodeJS.Timeout | undefined;
  /** Milliseconds that takers have spent in line, all together. */
  waitedMs = 0;

  constructor({ count, perMs }: Rate) {
    this.#rate = { count: Math.max(1, count), perMs };
  }

  /** How long a token that was taken is away. */
  get perMs(): number {
    return this.#rate.perMs;
  }

  /** How many may be taken at once; 0 while others wait or the venue has shut us out. */
  get free(): number {
    if (this.#line.length > 0 || this.shutMs > 0) return 0;
    return this.#left(monotonic());
  }

  /** How much longer the venue wants nothing of us, in ms. */
  get shutMs(): number {
    return Math.max(0, this.#shutUntil - monotonic());
  }

  /** Takes `cost` tokens (one that costs more than there are takes all); resolves to false when the signal came first. */
  take(cost = 1, { signal, ...grade }: Grade & { signal?: AbortSignal } = {}): Promise<boolean> {
    if (signal?.aborted) return Promise.resolve(false);
    return new Promise((resolve) => {
      const waiting: Waiting = {
        cost: Math.min(cost, this.#rate.count),
        since: monotonic(),
        done: (taken) => {
          signal?.removeEventListener('abort', leave);
          resolve(taken);
        },
      };
      const leave = () => {
        this.#line.leave(waiting);
        waiting.done(false);
        this.#serve();
      };
      signal?.addEventListener('abort', leave, { once: true });
      this.#line.join(waiting, grade);
      this.#serve();
    });
  }

  /** Takes `cost` tokens if they are there now. */
  tryTake(cost = 1): boolean {
    if (this.free < Math.min(cost, this.#rate.count)) return false;
    this.spend(cost);
    return true;
  }

  /** Takes `cost` tokens even where there are none: for what must not wait. */
  spend(cost = 1): void {
    this.#taken.push({ at: monotonic(), cost });
    this.#used += cost;
  }

  /** Nothing is given out for so long: the venue said so. */
  shut(ms: number): void {
    this.#shutUntil = Math.max(this.#shutUntil, monotonic() + ms);
    this.#serve();
  }

  /** The venue has counted so many in its current window, others of this address included. */
  learn(used: number): void {
    this.#left(monotonic());
    if (used > this.#used) this.spend(used - this.#used);
  }

  #serve() {
    clearTimeout(this.#timer);
    const at = monotonic();
    for (let next = this.#line.next; next; next = this.#line.next) {
      const waitMs = Math.max(this.#shutUntil - at, this.#msUntil(next.cost, at));
      if (waitMs > 0) {
        this.#timer = setTimeout(() => this.#serve(), Math.ceil(waitMs));
        return;
      }
      this.#line.leave(next);
      this.spend(next.cost);
      this.waitedMs += at - next.since;
      next.done(true);
    }
  }

  /** Forgets what has come back; how many are left. */
  #left(at: number): number {
    const back = this.#taken.findIndex((taken) => at - taken.at < this.#rate.perMs);
    for (const { cost } of this.#taken.splice(0, back === -1 ? this.#taken.length : back)) this.#used -= cost;
    return Math.max(0, this.#rate.count - this.#used);
  }

  #msUntil(cost: number, at: number): number {
    let left = this.#left(at);
    if (left >= cost) return 0;
    left = this.#rate.count - this.#used;
    for (const taken of this.#taken) {
      left += taken.cost;
      if (left >= cost) return taken.at + this.#rate.perMs - at;
    }
    return 0;
  }
}
