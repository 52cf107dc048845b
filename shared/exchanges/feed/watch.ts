import { monotonic } from '../../clock.ts';
import type { Limits } from '../venue.ts';

export interface WatchHandlers {
  /** Nothing was heard for longer than a healthy connection ever keeps silent. */
  onSilence(reason: string): void;
  /** The venue will cut before long. */
  onLife(reason: string): void;
}

/** A stall is found at most so much later than the silence that proves it. */
const LOOK_MS = 500;

/** The clocks of one session: its longest silence, its life, its pings. None of them follows the wall clock. */
export class Watch {
  readonly #limits: Limits;
  readonly #handlers: WatchHandlers;
  #lastHeard = monotonic();
  #lastLook = monotonic();
  #timers: NodeJS.Timeout[] = [];

  constructor(limits: Limits, handlers: WatchHandlers) {
    this.#limits = limits;
    this.#handlers = handlers;
  }

  start(ping: () => void): void {
    const { silenceMs, lifeMs, ping: pings } = this.#limits;
    this.heard();
    this.#lastLook = monotonic();
    const everyMs = Math.min(LOOK_MS, silenceMs / 4);
    this.#timers.push(setInterval(() => this.#look(everyMs), everyMs));
    if (pings) this.#timers.push(setInterval(ping, pings.everyMs));
    if (lifeMs) {
      const early = lifeMs * (1 - Math.random() / 20);
      this.#timers.push(setTimeout(() => this.#handlers.onLife('planned, before the life limit'), early));
    }
  }

  heard(): void {
    this.#lastHeard = monotonic();
  }

  close(): void {
    for (const timer of this.#timers) clearTimeout(timer);
  }

  /** While the process stood still it heard nothing, whatever was said: that is no silence of the venue's. */
  #look(everyMs: number) {
    const { silenceMs } = this.#limits;
    const at = monotonic();
    this.#lastHeard += Math.max(0, at - this.#lastLook - 2 * everyMs);
    this.#lastLook = at;
    if (at - this.#lastHeard > silenceMs) {
      this.#handlers.onSilence(`silent for more than ${silenceMs} ms`);
    }
  }
}
