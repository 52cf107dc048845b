import type { Funding, Mark, Origin } from '../../domain/market.ts';
import { type Fields, readEpochText, readPositive, readSigned } from '../fields.ts';

/** What is known of one contract; of a changed ticker perhaps a part. */
interface Known {
  price?: string | undefined;
  indexPrice?: string | undefined;
  rate?: string | undefined;
  nextFundingTs?: number | undefined;
}

/**
 * Funding and mark price of the tickers of contracts, whose changes tell only what is new: the rest stands as it was
 * told last. Dated contracts have an empty rate, due at 0.
 * https://bybit-exchange.github.io/docs/v5/websocket/public/ticker
 */
export class BybitRates {
  readonly #known = new Map<string, Known>();

  /** What this ticker tells anew; nothing that is not known whole yet. */
  take(data: Fields, origin: Origin, isWhole: boolean): (Mark | Funding)[] {
    if (!isWhole && FIELDS.every((name) => data[name] === undefined)) return [];
    const { receivedAt, symbol } = origin;
    const before = isWhole ? {} : this.#known.get(symbol);
    const told = {
      price: field(data, 'markPrice', readPositive),
      indexPrice: field(data, 'indexPrice', readPositive),
      rate: field(data, 'fundingRate', readSigned),
      nextFundingTs: field(data, 'nextFundingTime', (value, where) =>
        value === '0' ? undefined : readEpochText(value, receivedAt, where),
      ),
    };
    const known: Known = { ...before, ...definedOf(told) };
    this.#known.set(symbol, known);
    const { price, indexPrice, rate, nextFundingTs } = known;
    const events: (Mark | Funding)[] = [];
    if (price !== undefined && (told.price ?? told.indexPrice) !== undefined) {
      events.push({ type: 'mark', ...origin, price, ...(indexPrice !== undefined && { indexPrice }) });
    }
    const isFunding = rate !== undefined && nextFundingTs !== undefined;
    if (isFunding && (told.rate ?? told.nextFundingTs) !== undefined) {
      events.push({ type: 'funding', ...origin, rate, nextFundingTs });
    }
    return events;
  }
}

const FIELDS = ['markPrice', 'indexPrice', 'fundingRate', 'nextFundingTime'];

/** Undefined where the field is absent or empty. */
function field<T>(data: Fields, name: string, read: (value: unknown, where: string) => T): T | undefined {
  const value = data[name];
  return value === undefined || value === '' ? undefined : read(value, name);
}

const definedOf = (told: Known): Known =>
  Object.fromEntries(Object.entries(told).filter(([, value]) => value !== undefined));
