import { monotonic, sleep } from '../shared/clock.ts';
import { UserError } from '../shared/errors.ts';

/** `full`: as fast as it goes; else how many times as fast as it was recorded. */
export type Speed = 'full' | number;

/** Reads `real`, `full` or a number. @throws {UserError} */
export function readSpeed(text: string): Speed {
  if (text === 'full') return 'full';
  const speed = text === 'real' ? 1 : Number(text);
  if (speed > 0 && speed < Number.POSITIVE_INFINITY) return speed;
  throw new UserError(
    `--speed ${text} is not valid: use real, full or how many times as fast as it was recorded, such as 10`,
  );
}

const LONGEST_NAP_MS = 500;

/**
 * Holds the events of a recording back until their turn: the first one comes at once, the others as much later as
 * they were received later, divided by the speed. Changes when, never what or in which order.
 */
export class Pace {
  readonly #speed: Speed;
  #start: { at: number; receivedAt: number } | undefined;

  constructor(speed: Speed) {
    this.#speed = speed;
  }

  /** How long, in ms, until what was received at `receivedAt` (UTC ms) has its turn; 0 when it has. */
  waitFor(receivedAt: number): number {
    if (this.#speed === 'full') return 0;
    const at = monotonic();
    this.#start ??= { at, receivedAt };
    const due = this.#start.at + (receivedAt - this.#start.receivedAt) / this.#speed;
    return Math.max(0, due - at);
  }

  /** Waits for that turn; `onNap` is called at least twice a second, and may throw to end the wait. */
  async reach(receivedAt: number, onNap: () => void): Promise<void> {
    for (let wait = this.waitFor(receivedAt); wait > 0; wait = this.waitFor(receivedAt)) {
      onNap();
      await sleep(Math.min(wait, LONGEST_NAP_MS));
    }
  }
}
