import type { Gap, GapCause } from '../shared/domain/gap.ts';
import type { Continuity } from './continuity.ts';

/** A symbol that has had no trade so long after it is heard again is asked for: it may be quiet for hours. */
const SETTLE_MS = 3_000;
const LONGEST_DETAIL = 300;

/** Says when trades may be lost and when they are heard again; what no trade ends is told by itself. */
export class GapWatch {
  readonly #continuity: Continuity;
  readonly #tell: (gap: Gap) => void;
  readonly #settleMs: number;
  readonly #timers = new Set<NodeJS.Timeout>();

  /** `tell` gets the gaps that reach to the present; those that a trade ends travel with its batch. */
  constructor(continuity: Continuity, tell: (gap: Gap) => void, { settleMs = SETTLE_MS } = {}) {
    this.#continuity = continuity;
    this.#tell = tell;
    this.#settleMs = settleMs;
  }

  /** From now on trades of these symbols may be lost, and why. */
  lost(symbols: Iterable<string>, cause: GapCause, detail: string): void {
    this.#continuity.interrupt(symbols, cause, detail.slice(0, LONGEST_DETAIL));
  }

  /** They are heard again. */
  heard(symbols: Iterable<string>): void {
    const again = [...symbols];
    this.#continuity.resume(again);
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      for (const gap of this.#continuity.settle(again)) this.#tell(gap);
    }, this.#settleMs);
    this.#timers.add(timer);
  }

  close(): void {
    for (const timer of this.#timers) clearTimeout(timer);
  }
}
