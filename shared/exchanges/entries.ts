import { kindOf, type SymbolKind } from '../domain/symbols.ts';
import { UserError } from '../errors.ts';
import { marketsOf, VENUE_NAMES } from './venues.ts';

/** One item of `SUPPORTED_EXCHANGES`: one market of one venue, with a producer of its own. */
export interface Entry {
  /** In its shortest spelling: `binance`, `binance:usdm`, `ccxt:htx`, `ccxt:htx:swap`. */
  name: string;
  /** Under which its events are archived: `binance`, `ccxt:htx`. */
  venue: string;
  market: string;
  takes: readonly SymbolKind[];
  /** ccxt's id of an exchange that has no adapter of ours. */
  ccxtId?: string;
}

/** A symbol that this cluster watches, and where. */
export interface WatchedMarket {
  venue: string;
  symbol: string;
}

/** ccxt's own words for the markets of an exchange. */
const CCXT_MARKETS: Readonly<Record<string, readonly SymbolKind[]>> = {
  spot: ['spot'],
  swap: ['linear swap', 'inverse swap'],
  future: ['linear future', 'inverse future'],
};

/**
 * `binance`, `binance:usdm`, `ccxt:htx` → what it stands for. Whether ccxt has such an exchange shows when it is loaded.
 * @throws {UserError} listing what exists
 */
export function readEntry(text: string): Entry {
  const parts = text.split(':');
  if (parts[0] === 'ccxt') return readCcxtEntry(text, parts[1], parts[2]);
  const [venue = '', market = 'spot'] = parts;
  const found = VENUE_NAMES.includes(venue) && marketsOf(venue).find((each) => each.market === market);
  if (!found || parts.length > 2) throw new UserError(`there is no exchange "${text}": ${WHAT_EXISTS()}`);
  return { name: entryName(venue, market), venue, market, takes: found.takes };
}

/** Every entry with an adapter of its own, as `SUPPORTED_EXCHANGES` may have it. */
export const nativeEntries = (): Entry[] =>
  VENUE_NAMES.flatMap(marketsOf).map(({ name, market, takes }) => ({
    name: entryName(name, market),
    venue: name,
    market,
    takes,
  }));

/** What `ccxt:<id>` may stand for, whether or not the exchange has each of these markets. */
export const ccxtEntriesOf = (id: string): Entry[] =>
  Object.keys(CCXT_MARKETS).map((market) => readEntry(`ccxt:${id}:${market}`));

/**
 * The entry under whose venue a symbol is archived: `('binance', 'BTC/USDT:USDT')` → `binance:usdm`, whether or not it
 * is among the settings; undefined where the venue has no market for it.
 */
export function entryOf(venue: string, symbol: string): Entry | undefined {
  const [kind, ccxtId = ''] = venue.split(':');
  const markets =
    kind === 'ccxt' ? ccxtEntriesOf(ccxtId) : nativeEntries().filter((entry) => entry.venue === venue);
  return markets.find((entry) => symbolsOf(entry, [symbol]).length > 0);
}

/** Those of `symbols` that are of this entry's market. */
export const symbolsOf = ({ takes }: Pick<Entry, 'takes'>, symbols: readonly string[]): string[] =>
  symbols.filter((symbol) => takes.some((kind) => kind === kindOf(symbol)));

/** Every symbol that a cluster with these settings watches, in the order of the settings. */
export function watchedMarkets(settings: {
  SUPPORTED_EXCHANGES: readonly string[];
  SYMBOLS: readonly string[];
}): WatchedMarket[] {
  return settings.SUPPORTED_EXCHANGES.map(readEntry).flatMap((entry) =>
    symbolsOf(entry, settings.SYMBOLS).map((symbol) => ({ venue: entry.venue, symbol })),
  );
}

/** The venues of these entries, each once. */
export const venuesOf = (entries: readonly string[]): string[] => [
  ...new Set(entries.map((entry) => readEntry(entry).venue)),
];

/** `('binance', 'usdm')` → `binance:usdm`; the spot market goes without saying. */
export const entryName = (venue: string, market: string): string =>
  market === 'spot' ? venue : `${venue}:${market}`;

/** `producer-binance-usdm`: fit for a file, a service and a process. */
export const producerName = (entry: string): string => `producer-${entry.replaceAll(':', '-')}`;

function readCcxtEntry(text: string, id: string | undefined, market = 'spot'): Entry {
  const takes = Object.hasOwn(CCXT_MARKETS, market) ? CCXT_MARKETS[market] : undefined;
  if (!id || !takes || text.split(':').length > 3) {
    throw new UserError(
      `"${text}" is no exchange of ccxt: write ccxt:<exchange> or ccxt:<exchange>:<market>, a market being ${Object.keys(CCXT_MARKETS).join(', ')}, such as ccxt:htx:swap`,
    );
  }
  return { name: entryName(`ccxt:${id}`, market), venue: `ccxt:${id}`, market, takes, ccxtId: id };
}

const WHAT_EXISTS = () =>
  `choose from ${nativeEntries()
    .map(({ name }) => name)
    .join(', ')}, or ccxt:<exchange> for any other that ccxt streams (millrace venues --ccxt lists them)`;
