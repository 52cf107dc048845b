import { type Fields, readAmount, readEpochText, readPositive, readSigned } from '../fields.ts';

/**
 * What a ticker tells of the best levels, the mark price and the funding, in canonical spelling, times in UTC ms. Of a
 * changed ticker only what is new: undefined was not told, and an empty text says that there is none.
 * https://bybit-exchange.github.io/docs/v5/websocket/public/ticker
 */
export interface BybitTicker {
  bid1Price: string | undefined;
  bid1Size: string | undefined;
  ask1Price: string | undefined;
  ask1Size: string | undefined;
  markPrice: string | undefined;
  indexPrice: string | undefined;
  fundingRate: string | undefined;
  /** Dated contracts have none, which the venue writes as 0. */
  nextFundingTime: number | undefined;
}

/** A ticker that tells nothing yet. */
export const newTicker = (): BybitTicker => ({
  bid1Price: undefined,
  bid1Size: undefined,
  ask1Price: undefined,
  ask1Size: undefined,
  markPrice: undefined,
  indexPrice: undefined,
  fundingRate: undefined,
  nextFundingTime: undefined,
});

export function readTicker(data: Fields, receivedAt: number): BybitTicker {
  return {
    bid1Price: field(data, 'bid1Price', readAmount),
    bid1Size: field(data, 'bid1Size', readAmount),
    ask1Price: field(data, 'ask1Price', readAmount),
    ask1Size: field(data, 'ask1Size', readAmount),
    markPrice: field(data, 'markPrice', readPositive),
    indexPrice: field(data, 'indexPrice', readPositive),
    fundingRate: field(data, 'fundingRate', readSigned),
    nextFundingTime: readNextFunding(data.nextFundingTime, receivedAt),
  };
}

function field(
  data: Fields,
  name: keyof BybitTicker,
  read: (value: unknown, where: string) => string,
): string | undefined {
  const value = data[name];
  return value === undefined || value === '' ? value : read(value, name);
}

function readNextFunding(value: unknown, receivedAt: number): number | undefined {
  if (value === undefined || value === '' || value === '0') return undefined;
  return readEpochText(value, receivedAt, 'nextFundingTime');
}
