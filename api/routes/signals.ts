import { z } from 'zod';
import { listSignals } from '../../shared/db/signals.ts';
import { defineRoute } from '../http/route.ts';
import { decimal, interval, limit, ms, rowId, side, symbol, venue } from './fields.ts';

export const signals = defineRoute({
  method: 'get',
  path: '/signals',
  access: 'viewer',
  tag: 'trading',
  summary: 'Signals, newest first, each with what the autopilot decided and why',
  query: z.strictObject({
    venue: venue.optional(),
    symbol: symbol.optional(),
    interval: interval.optional(),
    before: rowId.optional(),
    limit: limit(100),
  }),
  response: z.array(
    z
      .object({
        id: z.int(),
        venue: z.string(),
        symbol: z.string(),
        interval,
        strategy: z.string(),
        ts: ms,
        side,
        price: decimal,
        details: z.record(z.string(), z.union([z.number(), z.string()])),
        live: z.boolean(),
        createdAt: ms,
        autopilot: z.string().nullable(),
        outcome: z.enum(['ordered', 'skipped']).nullable(),
        reason: z.string().nullable(),
      })
      .meta({ id: 'Signal' }),
  ),
  handler: ({ query }, { sql }) => listSignals(sql, query),
});
