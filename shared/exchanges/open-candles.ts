import type { Candle } from '../domain/market.ts';

/** For venues that never say that a candle is closed, or not always: the first word of the next one says it. */
export class OpenCandles {
  readonly #open = new Map<string, Candle>();

  /** The candle as told, behind the one that it closes; nothing for one that is behind the open one. */
  take(candle: Candle): Candle[] {
    const key = `${candle.symbol} ${candle.interval}`;
    const open = this.#open.get(key);
    if (open && candle.ts < open.ts) return [];
    this.#open.set(key, candle);
    if (!open || open.closed || candle.ts === open.ts) return [candle];
    return [{ ...open, closed: true, receivedAt: candle.receivedAt }, candle];
  }
}
