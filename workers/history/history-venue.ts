import { RejectError } from '../../shared/errors.ts';
import { entryOf } from '../../shared/exchanges/entries.ts';
import { loadMarket } from '../../shared/exchanges/live-market.ts';
import type { VenueFacts } from '../../shared/exchanges/venue.ts';
import type { PoolDeps } from '../context.ts';

/**
 * The market of a venue that a symbol is of: its history is fetched there.
 * @throws {RejectError} when the venue has none for it
 */
export async function historyVenue(
  name: string,
  symbol: string,
  { config }: Pick<PoolDeps, 'config'>,
): Promise<VenueFacts> {
  const entry = entryOf(name, symbol);
  if (!entry) throw new RejectError(`${name} has no market for ${symbol}`, 'symbol');
  const settings = { simUrl: config.SIM_URL, rehearsal: config.REHEARSAL === 'on' };
  return (await loadMarket(entry, settings)).facts;
}
