import { Desk } from '../desk.ts';
import type { Dialect } from '../dialect.ts';
import type { Market } from '../market.ts';
import { binance } from './binance.ts';
import { bitfinex } from './bitfinex.ts';
import { bitget } from './bitget.ts';
import { bybit } from './bybit.ts';
import { coinbase } from './coinbase.ts';
import { gate } from './gate.ts';
import { kraken } from './kraken.ts';
import { kucoin } from './kucoin.ts';
import { okx } from './okx.ts';

/** Every dialect: the one place to add a line for a new one. */
export const DIALECTS: readonly Dialect[] = [
  binance('spot'),
  binance('usdm'),
  binance('coinm'),
  bitfinex,
  bitget('spot'),
  bitget('futures'),
  gate,
  kucoin,
  bybit('spot'),
  bybit('linear'),
  bybit('inverse'),
  coinbase,
  kraken,
  okx('spot'),
  okx('swap'),
  okx('futures'),
];

/** A desk for every dialect, and the simulated exchange's own, which speaks Binance's at the root. */
export function openDesks(markets: readonly Market[]): Desk[] {
  const own: Dialect = { ...binance('spot'), venue: 'sim' };
  return [...DIALECTS.map((dialect) => new Desk(dialect, markets)), new Desk(own, markets, '')];
}

/** The dialect of a venue's market. */
export function findDialect(venue: string, market: string): Dialect | undefined {
  return DIALECTS.find((dialect) => dialect.venue === venue && dialect.market === market);
}
