import type { Listing } from './listing.ts';
import { notionalToWire, plain } from './listing.ts';
import type { BookLevel } from './matching.ts';

/** Amounts of the engine in the digits of a listing, for dialects that write neither more nor fewer. */
export const price = ({ priceDecimals }: Listing, ticks: number): string => plain(ticks, priceDecimals);
export const size = ({ sizeDecimals }: Listing, lots: number): string => plain(lots, sizeDecimals);
export const notional = (listing: Listing, units: bigint): string => notionalToWire(units, listing);

export const level = (listing: Listing, [ticks, lots]: BookLevel): [price: string, size: string] => [
  price(listing, ticks),
  size(listing, lots),
];
export const levels = (listing: Listing, list: readonly BookLevel[]) =>
  list.map((each) => level(listing, each));

/** The object that a client's message is; undefined for anything else. */
export function parse(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

export const isText = (value: unknown): value is string => typeof value === 'string';
export const texts = (value: unknown): string[] => (Array.isArray(value) ? value.filter(isText) : []);
