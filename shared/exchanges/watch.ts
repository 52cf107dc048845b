import { monotonic } from '../clock.ts';
import type { Limits } from './venue.ts';

/** The clocks of one session: its longest silence, its life, its pings. */
export class Watch {
  readonly #limits: Limits;
  readonly #end: (reason: string, planned?: boolean) => void;
  #lastHeard = monotonic();
  #timers: NodeJS.Timeout[] = [];

  constructor(limits: Limits, end: (reason: string, planned?: boolean) => void) {
    this.#limits = limits;
    this.#end = end;
  }

  start(ping: () => void): void {
    const { silenceMs, lifeMs, ping: pings } = this.#limits;
    this.heard();
    this.#timers.push(setInterval(() => this.#check(), Math.max(50, silenceMs / 10)));
    if (pings) this.#timers.push(setInterval(ping, pings.everyMs));
    if (lifeMs) {
      const early = lifeMs * (1 - Math.random() / 20);
      this.#timers.push(setTimeout(() => this.#end('planned, before the life limit', true), early));
    }
  }

  heard(): void {
    this.#lastHeard = monotonic();
  }

  close(): void {
    for (const timer of this.#timers) clearTimeout(timer);
  }

  #check() {
    const { silenceMs } = this.#limits;
    if (monotonic() - this.#lastHeard > silenceMs) this.#end(`silent for more than ${silenceMs} ms`);
  }
}
