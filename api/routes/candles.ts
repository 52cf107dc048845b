import { z } from 'zod';
import { listKnownCandles } from '../../shared/db/known-candles.ts';
import { defineRoute } from '../http/route.ts';
import { decimal, interval, limit, ms, queryTime, symbol, venue } from './fields.ts';

const origin = { venue: z.string(), symbol: z.string(), ts: ms };

export const candles = defineRoute({
  method: 'get',
  path: '/candles',
  access: 'viewer',
  tag: 'market',
  summary: 'Closed candles, oldest first: from a time on, or the newest',
  query: z.strictObject({
    venue,
    symbol,
    interval,
    from: queryTime.optional(),
    to: queryTime.optional(),
    limit: limit(500, 5_000),
  }),
  response: z.array(
    z
      .object({
        ...origin,
        interval,
        open: decimal,
        high: decimal,
        low: decimal,
        close: decimal,
        volume: decimal,
        source: z
          .enum(['venue', 'trades'])
          .meta({ description: 'whose it is: the venue’s own, or built from its trades' }),
      })
      .meta({ id: 'Candle' }),
  ),
  handler: ({ query }, { sql }) => listKnownCandles(sql, query),
});
