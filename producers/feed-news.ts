import type { FeedState } from '../shared/exchanges/feed/feed.ts';

/** Tells the person at the supervisor's terminal, once each, that the feed is lost and that it is live again. */
export class FeedNews {
  readonly #venue: string;
  readonly #tell: (news: string) => void;
  #isDown = false;

  constructor(venue: string, tell: (news: string) => void = tellSupervisor) {
    this.#venue = venue;
    this.#tell = tell;
  }

  take(state: FeedState, reason = 'no reason given'): void {
    if (state === 'down' && !this.#isDown) {
      this.#isDown = true;
      this.#tell(`feed ${this.#venue} is down (${reason}); trying again until it answers`);
    }
    if (state === 'live' && this.#isDown) {
      this.#isDown = false;
      this.#tell(`feed ${this.#venue} is live again`);
    }
  }
}

/** To the person at the supervisor's terminal. */
export function tellSupervisor(news: string): void {
  process.send?.({ news });
}
