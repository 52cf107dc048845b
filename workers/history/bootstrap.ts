import { listMissingCandles } from '../../shared/db/candles.ts';
import { addMarketFacts } from '../../shared/db/market.ts';
import { type Candle, INTERVALS } from '../../shared/domain/market.ts';
import { fetchCandles } from '../../shared/exchanges/history.ts';
import { shardKeyOf } from '../../shared/queue/queues.ts';
import type { Payload } from '../../shared/tasks/catalogue.ts';
import { Columns } from '../../shared/tasks/columns.ts';
import type { Handler, TaskContext } from '../context.ts';
import { historyVenue } from './history-venue.ts';

/**
 * Brings the candles that open in `[from, to)` into the archive: only the stretches it lacks, page by page, so that
 * another run goes on where this one stopped. Candles that the venue has not are left out.
 */
export const bootstrap: Handler<'bootstrap'> = async (payload, context) => {
  const { symbol, interval } = payload;
  const stepMs = INTERVALS[interval];
  const venue = await historyVenue(payload.venue, symbol, context);
  const missing = await listMissingCandles(context.sql, { ...payload, stepMs });
  const wanted = missing.reduce((sum, { from, to }) => sum + (to - from) / stepMs, 0);
  let fetched = 0;
  let added = 0;
  for (const stretch of missing) {
    for await (const candles of fetchCandles({ venue, symbol, interval, ...stretch })) {
      context.signal.throwIfAborted();
      added += await archive(payload, candles, context);
      fetched += candles.length;
      await context.progress(fetched, wanted, `${fetched} of ${wanted} candles fetched`);
    }
  }
  if (wanted > 0 || context.attempt > 1) await evaluate(payload, stepMs, context);
  return { wanted, fetched, added };
};

/** At the end and for the whole range: a first run may have stopped between a page and this. */
async function evaluate(
  { from, to, ...series }: Payload<'bootstrap'>,
  stepMs: number,
  { queues }: TaskContext,
): Promise<void> {
  const payload = { ...series, from, upTo: to - stepMs, source: 'backfill' } as const;
  await queues.enqueue('evaluate_candles', payload, { shardKey: shardKeyOf(series) });
}

async function archive(
  { venue }: Payload<'bootstrap'>,
  candles: Candle[],
  context: TaskContext,
): Promise<number> {
  const columns = new Columns(venue, 'backfill');
  for (const candle of candles) columns.candle(candle);
  const rows = await addMarketFacts(context.sql, columns.build());
  context.metrics.rows.inc({ table: 'candles' }, rows.candles);
  return rows.candles;
}
