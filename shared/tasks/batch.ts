import { z } from 'zod';
import { timestamp, venue } from './define.ts';

/**
 * A micro-batch: many events of one venue and shard in one job, as columns.
 *
 * Each column is a PostgreSQL array literal (`{1,2,3}`), made once by the producer and passed on unread by the
 * archive worker: half the bytes of objects and a third of the cost. `symbol` holds 1-based indexes into `symbols`.
 */
const column = z.string().startsWith('{').endsWith('}');
const rows = { count: z.int().min(1).max(100_000), symbol: column, ts: column };

export const eventBatch = z.strictObject({
  venue,
  /** Where it comes from: only a live one may lead to an order. */
  source: z.enum(['live', 'backfill', 'replay']),
  /** Oldest receipt in the batch, for the event-to-row metric. */
  receivedAt: timestamp,
  symbols: z.array(z.string()).min(1),
  trades: z.strictObject({ ...rows, id: column, price: column, size: column, side: column }).optional(),
  candles: z
    .strictObject({
      ...rows,
      interval: column,
      open: column,
      high: column,
      low: column,
      close: column,
      volume: column,
    })
    .optional(),
  /** `bids` and `asks` are columns of JSON texts. */
  books: z.strictObject({ ...rows, bids: column, asks: column }).optional(),
  /** `facts` is a column of JSON texts. */
  flows: z.strictObject({ ...rows, facts: column }).optional(),
  /** `next` is when the rate is due, UTC ms. */
  funding: z.strictObject({ ...rows, rate: column, next: column }).optional(),
  marks: z.strictObject({ ...rows, price: column, index: column }).optional(),
});
export type EventBatch = z.output<typeof eventBatch>;
