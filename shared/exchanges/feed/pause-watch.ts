import { monotonic } from '../../clock.ts';

/** A process that was stopped, swapped out or blocked for so long has missed what the market did. */
const PAUSE_MS = 5_000;
const LOOK_MS = 500;

/** Notices that this process stood still, by a clock that never steps: at the latest with the next frame it reads. */
export class PauseWatch {
  readonly #onPause: (ms: number) => void;
  #lastLook = monotonic();
  #timer: NodeJS.Timeout | undefined;

  /** `onPause` gets how long it was. */
  constructor(onPause: (ms: number) => void) {
    this.#onPause = onPause;
  }

  start(): void {
    this.#lastLook = monotonic();
    this.#timer ??= setInterval(() => this.look(), LOOK_MS);
  }

  look(): void {
    const at = monotonic();
    const stoodMs = at - this.#lastLook;
    this.#lastLook = at;
    if (stoodMs > PAUSE_MS) this.#onPause(stoodMs);
  }

  close(): void {
    clearInterval(this.#timer);
  }
}
