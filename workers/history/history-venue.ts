import type { Venue } from '../../shared/exchanges/venue.ts';
import { findVenue } from '../../shared/exchanges/venues.ts';
import type { PoolDeps } from '../context.ts';

/** The venue whose history is fetched. Producers stream spot markets, so what they lost is there. */
export const historyVenue = (name: string, { config }: Pick<PoolDeps, 'config'>): Venue =>
  findVenue(name, 'spot', { simUrl: config.SIM_URL });
