import { monotonic } from '../clock.ts';

/** Who can wait lets others pass for so long. */
const LONGEST_MS = 30_000;

export interface Grade {
  /** Nobody is waiting for what comes of it: all who can't wait go first. */
  canWait?: boolean;
}

interface Place extends Grade {
  /** Monotonic ms. */
  since: number;
}

/**
 * Those who want a share of something, in the order of asking. Who can wait comes behind all who can't, but after half
 * a minute has a turn like them: a long storm slows down what can wait, and does not stop it.
 */
export class WaitingLine<T> {
  readonly #longestMs: number;
  #places: (Place & { who: T })[] = [];

  constructor({ longestMs = LONGEST_MS } = {}) {
    this.#longestMs = longestMs;
  }

  get length(): number {
    return this.#places.length;
  }

  join(who: T, { canWait = false }: Grade = {}): void {
    this.#places.push({ who, canWait, since: monotonic() });
  }

  leave(who: T): void {
    this.#places = this.#places.filter((place) => place.who !== who);
  }

  /** Whose turn it is; stays in line until it leaves. */
  get next(): T | undefined {
    const at = monotonic();
    const mustGo = ({ canWait, since }: Place) => !canWait || at - since >= this.#longestMs;
    return (this.#places.find(mustGo) ?? this.#places[0])?.who;
  }
}
