import { UserError } from '../../errors.ts';
import { ccxtEntriesOf } from '../entries.ts';
import { describeCcxt, type VenueRow } from '../venue-table.ts';
import { listCcxtIds, loadCcxtVenue } from './exchange.ts';

/** Every market of every exchange that ccxt streams. Takes about a second and 100 MB. */
export async function ccxtRows(): Promise<VenueRow[]> {
  const rows: VenueRow[] = [];
  for (const entry of (await listCcxtIds()).flatMap(ccxtEntriesOf)) {
    try {
      rows.push(describeCcxt(await loadCcxtVenue(entry)));
    } catch (error) {
      // A market that the exchange has not.
      if (!(error instanceof UserError)) throw error;
    }
  }
  return rows;
}
