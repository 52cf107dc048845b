import { kindOf } from '../domain/symbols.ts';
import { RejectError } from '../errors.ts';
import { readArray, readObject } from './fields.ts';
import { callRest } from './rest.ts';
import type { VenueFacts } from './venue.ts';

/** What the heaviest of these calls takes of a venue's budget. */
const WEIGHT = 40;

/**
 * The unified symbols that are traded on this market now, as ccxt reads the venue's own list.
 * @throws {RetryError} when the venue is not to be reached or asks to wait
 * @throws {RejectError} when it refuses, or lists nothing
 */
export async function fetchListing(venue: VenueFacts): Promise<ReadonlySet<string>> {
  const answer = await callRest(venue, { method: 'fetchMarkets', params: {}, args: [], weight: WEIGHT });
  const traded = readArray(answer, 'markets')
    .map((market) => readObject(market, 'market'))
    .filter(({ active }) => active !== false)
    .map(({ symbol }) => String(symbol));
  const ours = new Set(traded.filter((symbol) => venue.takes.some((kind) => kind === kindOf(symbol))));
  if (ours.size === 0) throw new RejectError(`${venue.label} lists no symbols`, 'markets');
  return ours;
}
