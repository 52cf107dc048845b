import { now } from '../shared/clock.ts';
import type { FeedState } from '../shared/exchanges/feed/feed.ts';

/**
 * Since when the stream may lack candles: at first since the start, for what closes until the first connection stands
 * is asked for by nobody else. A connection is called down only after it has been silent for `silenceMs`: what closed in
 * that time was not streamed either.
 */
export class Interruption {
  readonly #silenceMs: number;
  #since: number | undefined;

  constructor(silenceMs: number, startedAt = now()) {
    this.#silenceMs = silenceMs;
    this.#since = startedAt;
  }

  /** Takes the feed's state; when it is live, UTC ms since when candles may be missing. */
  take(state: FeedState, at = now()): number | undefined {
    if (state === 'down') this.#since ??= at - this.#silenceMs;
    if (state !== 'live') return undefined;
    const since = this.#since ?? at;
    this.#since = undefined;
    return since;
  }
}
