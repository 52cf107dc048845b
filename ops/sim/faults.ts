import { z } from 'zod';

/**
 * What can be done to the venue's clients over `POST /sim/control`, from loopback only. Each field is set on its
 * own; a counter or limit of 0 switches its fault off.
 */
export const faultOrders = z.strictObject({
  /** Drop every socket now. */
  cut: z.literal(true).optional(),
  /** Announce a shutdown as Binance does (`serverShutdown`), without cutting. */
  announceShutdown: z.literal(true).optional(),
  /** For so many ms nothing is sent on any socket, pings included; what happens meanwhile is lost to them. */
  stallMs: z.int().min(0).max(3_600_000).optional(),
  /** Every n-th trade frame is not sent. */
  dropTradeEvery: z.int().min(0).optional(),
  /** Every n-th depth frame is not sent. */
  dropDepthEvery: z.int().min(0).optional(),
  /** REST weight a minute, above which 429 is answered. */
  weightLimit: z.int().min(0).optional(),
});
export type FaultOrders = z.infer<typeof faultOrders>;

/** The faults that last. Stream frames pass through `passes`. */
export class Faults {
  #stalledUntil = 0;
  #dropEvery: Record<string, number> = {};
  #seen: Record<string, number> = {};
  weightLimit = 0;

  set({ stallMs, dropTradeEvery, dropDepthEvery, weightLimit }: FaultOrders, at: number): void {
    if (stallMs !== undefined) this.#stalledUntil = at + stallMs;
    if (dropTradeEvery !== undefined) this.#dropEvery.trade = dropTradeEvery;
    if (dropDepthEvery !== undefined) this.#dropEvery.depth = dropDepthEvery;
    if (weightLimit !== undefined) this.weightLimit = weightLimit;
  }

  isStalled(at: number): boolean {
    return at < this.#stalledUntil;
  }

  /** Whether the next frame of this kind goes out. */
  passes(kind: 'trade' | 'depth'): boolean {
    const every = this.#dropEvery[kind];
    if (!every) return true;
    this.#seen[kind] = (this.#seen[kind] ?? 0) + 1;
    return this.#seen[kind] % every !== 0;
  }

  describe() {
    return { stalledUntil: this.#stalledUntil, dropEvery: this.#dropEvery, weightLimit: this.weightLimit };
  }
}
