import type { Funding, Mark, Origin } from '../../domain/market.ts';
import type { BybitTicker } from './bybit-ticker.ts';

/** What is known of one contract; of a changed ticker perhaps a part. */
type Known = Pick<BybitTicker, 'markPrice' | 'indexPrice' | 'fundingRate' | 'nextFundingTime'>;

/**
 * Funding and mark price of the tickers of contracts, whose changes tell only what is new: the rest stands as it was
 * told last.
 */
export class BybitRates {
  readonly #known = new Map<string, Known>();

  /** What this ticker tells anew; nothing that is not known whole yet. */
  take(ticker: BybitTicker, origin: Origin, isWhole: boolean): (Mark | Funding)[] {
    const isMark = Boolean(ticker.markPrice || ticker.indexPrice);
    const isFunding = Boolean(ticker.fundingRate || ticker.nextFundingTime);
    if (!isWhole && !isMark && !isFunding) return [];
    const { markPrice, indexPrice, fundingRate, nextFundingTime } = this.#learn(ticker, origin, isWhole);
    const events: (Mark | Funding)[] = [];
    if (isMark && markPrice) {
      const index = indexPrice ? { indexPrice } : undefined;
      events.push({ type: 'mark', ...origin, price: markPrice, ...index });
    }
    if (isFunding && fundingRate && nextFundingTime) {
      events.push({ type: 'funding', ...origin, rate: fundingRate, nextFundingTs: nextFundingTime });
    }
    return events;
  }

  #learn(ticker: BybitTicker, { symbol }: Origin, isWhole: boolean): Known {
    const before = isWhole ? undefined : this.#known.get(symbol);
    const known = {
      markPrice: ticker.markPrice || before?.markPrice,
      indexPrice: ticker.indexPrice || before?.indexPrice,
      fundingRate: ticker.fundingRate || before?.fundingRate,
      nextFundingTime: ticker.nextFundingTime || before?.nextFundingTime,
    };
    this.#known.set(symbol, known);
    return known;
  }
}
