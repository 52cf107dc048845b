import { z } from 'zod';
import { ccxtRowsInThread } from '../../shared/exchanges/ccxt/in-thread.ts';
import { nativeRows } from '../../shared/exchanges/venue-table.ts';
import { defineRoute } from '../http/route.ts';

export const venues = defineRoute({
  method: 'get',
  path: '/venues',
  access: 'viewer',
  tag: 'market',
  summary:
    'The venue table: what each market offers and what can be promised of it; on request of ccxt’s exchanges too',
  query: z.strictObject({ ccxt: z.enum(['true', 'false']).default('false') }),
  response: z.array(
    z
      .object({
        entry: z.string(),
        venue: z.string(),
        market: z.string(),
        label: z.string(),
        simulated: z.boolean(),
        reader: z.enum(['millrace', 'ccxt']),
        takes: z.array(z.string()),
        channels: z.array(z.string()),
        intervals: z.array(z.string()),
        bookSource: z.enum(['rest', 'stream', 'ccxt']),
        bookBreaks: z.array(z.string()),
        tradeBreaks: z.enum(['ids', 'time']),
        backfill: z.union([z.enum(['by id', 'by time', 'none']), z.object({ newest: z.int() })]),
        sizes: z.enum(['coins', 'contracts']),
        digits: z.enum(['exact', 'floats']),
        lifeMs: z.number().nullable(),
        caveats: z.array(z.string()),
      })
      .meta({ id: 'Venue' }),
  ),
  // ccxt is loaded once for it.
  patienceMs: 20_000,
  handler: async ({ query }) => [...nativeRows(), ...(query.ccxt === 'true' ? await ccxtRowsInThread() : [])],
});
