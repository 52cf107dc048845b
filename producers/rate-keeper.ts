import type { Funding, Mark } from '../shared/domain/market.ts';

const MARK_EVERY_MS = 1_000;

/** Which funding rates and mark prices are worth a row: venues repeat the first and tell the second ten times a second. */
export class RateKeeper {
  readonly #funding = new Map<string, Funding>();
  readonly #marks = new Map<string, number>();

  /** A rate, or a time it is due, that was not said last. */
  isNewFunding(funding: Funding): boolean {
    const last = this.#funding.get(funding.symbol);
    if (last?.rate === funding.rate && last.nextFundingTs === funding.nextFundingTs) return false;
    this.#funding.set(funding.symbol, funding);
    return true;
  }

  /** The first of each second, by the exchange's clock. */
  isDueMark({ symbol, ts }: Mark): boolean {
    const second = Math.floor(ts / MARK_EVERY_MS);
    if (second <= (this.#marks.get(symbol) ?? 0)) return false;
    this.#marks.set(symbol, second);
    return true;
  }
}
