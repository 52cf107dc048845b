import { nearest } from '../domain/near.ts';
import { kindOf } from '../domain/symbols.ts';
import { RejectError, RetryError } from '../errors.ts';
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
  const answer = await askCcxt(venue);
  const traded = readArray(answer, 'markets')
    .map((market) => readObject(market, 'market'))
    .filter(({ active }) => active !== false)
    .map(({ symbol }) => String(symbol));
  const ours = new Set(traded.filter((symbol) => venue.takes.some((kind) => kind === kindOf(symbol))));
  if (ours.size === 0) throw new RejectError(`${venue.label} lists no symbols`, 'markets');
  return ours;
}

/** ccxt trips over an answer of another shape than it knows, with whatever error that leads to. */
async function askCcxt(venue: VenueFacts): Promise<unknown> {
  try {
    return await callRest(venue, { method: 'fetchMarkets', params: {}, args: [], weight: WEIGHT });
  } catch (error) {
    if (error instanceof RetryError || error instanceof RejectError) throw error;
    throw new RejectError(`${venue.label}: its list of symbols can't be read`, 'markets', { cause: error });
  }
}

/** One sentence for a person who asked for a symbol that is not listed: what comes nearest. */
export function describeUnlisted({ label }: VenueFacts, symbol: string, listed: ReadonlySet<string>): string {
  const near = nearest(symbol, listed);
  const hint =
    near.length > 0 ? `did you mean ${near.join(' or ')}?` : `such as ${[...listed].slice(0, 5).join(', ')}`;
  return `${label} lists no ${symbol} among its ${listed.size} symbols: ${hint}`;
}
