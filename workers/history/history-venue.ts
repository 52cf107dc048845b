import { kindOf } from '../../shared/domain/symbols.ts';
import { RejectError } from '../../shared/errors.ts';
import type { Venue } from '../../shared/exchanges/venue.ts';
import { findLiveVenue, marketsOf } from '../../shared/exchanges/venues.ts';
import type { PoolDeps } from '../context.ts';

/**
 * The market of a venue that a symbol is of: its history is fetched there.
 * @throws {RejectError} when the venue has none for it
 */
export function historyVenue(name: string, symbol: string, { config }: Pick<PoolDeps, 'config'>): Venue {
  const kind = kindOf(symbol);
  const venue = marketsOf(name).find(({ takes }) => takes.some((each) => each === kind));
  if (!venue) throw new RejectError(`${name} has no market for ${symbol}`, 'symbol');
  return findLiveVenue(name, venue.market, {
    simUrl: config.SIM_URL,
    rehearsal: config.REHEARSAL === 'on',
  });
}
