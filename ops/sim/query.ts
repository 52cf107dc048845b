import type { Call } from './dialect.ts';
import type { Market } from './market.ts';
import type { RestError } from './rest-error.ts';
import type { TapeTrade } from './tape.ts';

/** A parameter that is a whole number, undefined when it was not sent. `refuse` says it in the venue's words. */
export function wholeNumber(
  query: URLSearchParams,
  name: string,
  refuse: () => RestError,
): number | undefined {
  const text = query.get(name);
  if (text === null || text === '') return undefined;
  if (!/^-?[0-9]{1,20}$/.test(text)) throw refuse();
  return Number(text);
}

/** At most `limit` trades that end before the id `before`, newest first, as venues that page backwards have them. */
export function tradesBefore({ tape }: Market, before: number, limit: number): TapeTrade[] {
  const end = Math.max(tape.firstId, Math.min(before, tape.nextId));
  const start = Math.max(tape.firstId, end - limit);
  return tape.from(start, end - start).reverse();
}

/** At most `limit` of the newest trades between two times, both included, newest first. */
export function tradesBetween(market: Market, from: number, to: number, limit: number): TapeTrade[] {
  const { tape } = market;
  const first = tape.idAt(from);
  return tradesBefore(market, tape.idAt(to + 1), limit).filter(({ id }) => id >= first);
}

/** The market that a parameter names. */
export function marketOf({ query, find }: Call, name: string, refuse: () => RestError): Market {
  const market = find(query.get(name) ?? '');
  if (!market) throw refuse();
  return market;
}
