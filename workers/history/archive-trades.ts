import { addMarketFacts } from '../../shared/db/market.ts';
import type { Trade } from '../../shared/domain/market.ts';
import { Columns } from '../../shared/tasks/columns.ts';
import type { TaskContext } from '../context.ts';

/** Archives trades that were fetched for a gap; returns how many were not there yet. */
export async function archiveTrades(
  venue: string,
  trades: readonly Trade[],
  { sql, metrics }: Pick<TaskContext, 'sql' | 'metrics'>,
): Promise<number> {
  if (trades.length === 0) return 0;
  const columns = new Columns(venue, 'backfill');
  for (const trade of trades) columns.trade(trade);
  const rows = await addMarketFacts(sql, columns.build());
  metrics.rows.inc({ table: 'trades' }, rows.trades);
  metrics.gapTrades.inc({ venue, outcome: 'filled' }, rows.trades);
  return rows.trades;
}
