import type { Exchange } from 'ccxt';
import { INTERVALS, type Interval } from '../../domain/market.ts';
import { nearest } from '../../domain/near.ts';
import { UserError } from '../../errors.ts';
import type { Entry } from '../entries.ts';
import type { Channel, RestLimits, VenueFacts } from '../venue.ts';
import type { VenueSettings } from '../venues.ts';
import { relocate, simAddress } from './at-sim.ts';
import { ccxtHistory } from './history.ts';
import { listOnly } from './list-only.ts';

/** A market of an exchange that ccxt reads for us. */
export interface CcxtVenue extends VenueFacts {
  readonly exchange: Exchange;
}

/** ccxt's classes by id; those that stream are its `pro` ones. */
type Classes = Record<string, new (options: object) => Exchange> & { exchanges: string[] };

/** Without a word on any stream for so long, all are made anew. */
const SILENCE_MS = 60_000;
/** ccxt's longest wait before it connects again: well within the silence, which would cut it short. */
const REDIAL_MS = 20_000;
/** Trades that ccxt keeps between two looks of ours. */
const TRADES_KEPT = 10_000;

/**
 * Opens nothing: the exchange connects when it is watched. ccxt is large and is loaded here.
 * @throws {UserError} for an exchange or a market that ccxt does not stream, with the names most like it
 */
export async function loadCcxtVenue(entry: Entry, settings: VenueSettings = {}): Promise<CcxtVenue> {
  const { name, venue, market, takes, ccxtId = '' } = entry;
  const exchange = createExchange(await loadClasses(), ccxtId, market, name);
  const channels = channelsOf(exchange);
  if (channels.length === 0)
    throw new UserError(`ccxt has no stream of ${exchange.name}, so that "${name}" can't be recorded`);
  const sim = settings.rehearsal ? simAddress(entry, settings.simUrl) : undefined;
  if (sim) await relocate(exchange, sim);
  const label = `${exchange.name} ${market} (ccxt)`;
  return {
    name: venue,
    market,
    label: sim ? `SIM (${label})` : label,
    simulated: sim !== undefined,
    takes,
    channels,
    intervals: intervalsOf(exchange),
    limits: { silenceMs: SILENCE_MS, rest: restLimits(exchange) },
    promises: {
      bookBreaks: [],
      tradeBreaks: 'time',
      backfill: exchange.has.fetchTrades ? 'by time' : 'none',
      sizes: market === 'spot' ? 'coins' : 'contracts',
    },
    history: { ...ccxtHistory(venue, ccxtId), ...(sim && { restOrigin: sim }) },
    exchange,
  };
}

/** The ids of all exchanges that ccxt streams. */
export const listCcxtIds = async (): Promise<readonly string[]> => (await loadClasses()).exchanges;

async function loadClasses(): Promise<Classes> {
  const { default: ccxt } = await import('ccxt');
  return ccxt.pro as unknown as Classes;
}

function createExchange(classes: Classes, id: string, market: string, entry: string): Exchange {
  const Class = classes.exchanges.includes(id) ? classes[id] : undefined;
  if (!Class) {
    const near = nearest(id, classes.exchanges);
    const hint = near.length > 0 ? `did you mean ${near.map((each) => `ccxt:${each}`).join(' or ')}? ` : '';
    throw new UserError(
      `there is no exchange "${entry}": ${hint}ccxt streams ${classes.exchanges.length} (millrace venues --ccxt lists them)`,
    );
  }
  const exchange = new Class({
    enableRateLimit: true,
    newUpdates: true,
    options: { defaultType: market, tradesLimit: TRADES_KEPT, ws: { backoff: { max: REDIAL_MS } } },
  });
  if (exchange.has[market] === false) {
    const markets = ['spot', 'swap', 'future'].filter((type) => exchange.has[type]);
    throw new UserError(
      `${exchange.name} has no ${market} market, as "${entry}" asks for: use ${markets.join(' or ')}`,
    );
  }
  listOnly(exchange, market);
  return exchange;
}

/** ccxt's own pace: so many milliseconds between two calls. */
const restLimits = ({ id, rateLimit }: Exchange): RestLimits => ({
  host: `ccxt ${id}`,
  weight: { count: Math.max(1, Math.floor(60_000 / (rateLimit ?? 1_000))), perMs: 60_000 },
});

function channelsOf({ has }: Exchange): Channel[] {
  const watched: [Channel, unknown][] = [
    ['trades', has.watchTrades],
    ['book', has.watchOrderBook],
    ['quotes', has.watchBidsAsks || has.watchTicker],
    ['candles', has.watchOHLCV],
  ];
  return watched.filter(([, is]) => is).map(([channel]) => channel);
}

const intervalsOf = ({ has, timeframes }: Exchange): Interval[] =>
  has.watchOHLCV || has.fetchOHLCV
    ? (Object.keys(INTERVALS) as Interval[]).filter((interval) => interval in (timeframes ?? {}))
    : [];
