import { UserError } from '../errors.ts';
import { atSim } from './at-sim.ts';
import { createBinance } from './binance/binance.ts';
import { createBinanceFutures } from './binance/binance-futures.ts';
import { createBitfinex } from './bitfinex/bitfinex.ts';
import { createBitget } from './bitget/bitget.ts';
import { createBybit } from './bybit/bybit.ts';
import { createCoinbase } from './coinbase/coinbase.ts';
import { createGate } from './gate/gate.ts';
import { createKraken } from './kraken/kraken.ts';
import { createKucoin } from './kucoin/kucoin.ts';
import { createOkx } from './okx/okx.ts';
import type { Venue } from './venue.ts';

/** What adapters need to know of this installation. */
export interface VenueSettings {
  /** `http://127.0.0.1:3901`, the simulated exchange. */
  simUrl?: string | undefined;
  /** Every venue is spoken to at the simulated exchange, in its own dialect. */
  rehearsal?: boolean;
}

/** Every native adapter by venue and market: the one place to add a line for a new one. */
const ADAPTERS: Readonly<Record<string, Readonly<Record<string, (settings: VenueSettings) => Venue>>>> = {
  binance: {
    spot: () => createBinance(),
    usdm: () => createBinanceFutures('usdm'),
    coinm: () => createBinanceFutures('coinm'),
  },
  bitfinex: { spot: createBitfinex },
  bitget: { spot: () => createBitget('spot'), futures: () => createBitget('futures') },
  bybit: {
    spot: () => createBybit('spot'),
    linear: () => createBybit('linear'),
    inverse: () => createBybit('inverse'),
  },
  coinbase: { spot: createCoinbase },
  gate: { spot: createGate },
  kraken: { spot: createKraken },
  kucoin: { spot: createKucoin },
  okx: {
    spot: () => createOkx('spot'),
    swap: () => createOkx('swap'),
    futures: () => createOkx('futures'),
  },
  sim: { spot: createSim },
};

/** Every venue there is, as `SUPPORTED_EXCHANGES` may name them. */
export const VENUE_NAMES: readonly string[] = Object.keys(ADAPTERS);

/**
 * The adapter of a venue's market.
 * @throws {UserError} listing what exists
 */
export function findVenue(name: string, market = 'spot', settings: VenueSettings = {}): Venue {
  const markets = Object.hasOwn(ADAPTERS, name) ? ADAPTERS[name] : undefined;
  if (name.startsWith('ccxt:')) {
    throw new UserError(
      `${name} has no frames of its own to record or read, for ccxt reads its stream: use one of ${VENUE_NAMES.join(', ')}`,
    );
  }
  if (!markets) {
    throw new UserError(`there is no exchange named "${name}": use one of ${VENUE_NAMES.join(', ')}`);
  }
  const create = Object.hasOwn(markets, market) ? markets[market] : undefined;
  if (!create) {
    throw new UserError(`${name} has no market "${market}": use ${Object.keys(markets).join(' or ')}`);
  }
  return create(settings);
}

/**
 * The same for whoever connects to it or calls its REST.
 * @throws {UserError} also for the simulated exchange while nobody has said where it is
 */
export function findLiveVenue(name: string, market: string, settings: VenueSettings): Venue {
  const venue = findVenue(name, market, settings);
  const { simUrl, rehearsal } = settings;
  if (!venue.simulated && !rehearsal) return venue;
  if (simUrl) return venue.simulated ? venue : atSim(venue, simUrl);
  throw new UserError(
    'SIM_URL is not set: the simulated exchange runs with `npm start` or `millrace sim`, which prints its address',
  );
}

/** The markets of a venue that we have adapters for, in the order of the table. */
export const marketsOf = (name: string): Venue[] =>
  Object.keys(ADAPTERS[name] ?? {}).map((market) => findVenue(name, market));

/** The simulated exchange speaks Binance's dialect at an address of ours. */
function createSim({ simUrl = 'http://127.0.0.1:0' }: VenueSettings): Venue {
  const base = simUrl.replace(/\/+$/, '');
  return createBinance({
    name: 'sim',
    label: 'SIM (simulated exchange)',
    simulated: true,
    streamUrl: base.replace(/^http/, 'ws'),
    restOrigin: base,
  });
}
