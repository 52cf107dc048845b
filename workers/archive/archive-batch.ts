import { now } from '../../shared/clock.ts';
import { addMarketFacts, type MarketRows } from '../../shared/db/market.ts';
import type { Handler, TaskContext } from '../context.ts';
import { requestEvaluation } from './request-evaluation.ts';

/**
 * Writes a batch to the archive in one transaction, then has its closed candles evaluated.
 *
 * A batch that comes again adds no row, and asks for the evaluation again: nobody knows whether the first run got
 * that far, and what is evaluated twice gives no second signal.
 */
export const archiveBatch: Handler<'archive_batch'> = async (batch, context): Promise<MarketRows> => {
  const rows = await addMarketFacts(context.sql, batch);
  count(rows, context);
  if (batch.source === 'live') {
    context.metrics.eventToRow.observe(Math.max(0, now() - batch.receivedAt) / 1000);
  }
  await requestEvaluation(batch, context);
  return rows;
};

function count(rows: MarketRows, { metrics }: TaskContext): void {
  for (const [table, added] of Object.entries(rows)) if (added > 0) metrics.rows.inc({ table }, added);
}
