import { z } from 'zod';
import { listFlows } from '../../shared/db/order-flow.ts';
import { defineRoute } from '../http/route.ts';
import { limit, ms, queryTime, symbol, venue } from './fields.ts';

const bp = z.number().meta({ description: 'basis points of the mid price' });
const size = z.number().meta({ description: 'in the unit of the venue’s sizes' });

export const orderFlow = defineRoute({
  method: 'get',
  path: '/order-flow',
  access: 'viewer',
  tag: 'market',
  summary: 'Order-flow facts of a symbol, oldest first: from a time on, or the newest',
  query: z.strictObject({
    venue,
    symbol,
    from: queryTime.optional(),
    to: queryTime.optional(),
    limit: limit(100, 5_000),
  }),
  response: z.array(
    z
      .object({
        symbol: z.string(),
        ts: ms,
        spreadBp: bp,
        imbalance: z.number().meta({ description: '−1 all asks … 1 all bids, over the best 10 levels' }),
        bidConcentration: z.number().meta({ description: 'Herfindahl index of the best 10 levels' }),
        askConcentration: z.number(),
        depthBp: bp.meta({ description: 'the band of bidDepth and askDepth' }),
        bidDepth: size,
        askDepth: size,
        notional: z.number().meta({ description: 'the order of the slippages, in the quote currency' }),
        buySlippageBp: bp.nullable(),
        sellSlippageBp: bp.nullable(),
        buyVolume: size.meta({ description: 'what takers bought since the facts before these' }),
        sellVolume: size,
      })
      .meta({ id: 'OrderFlow' }),
  ),
  handler: ({ query }, { sql }) => listFlows(sql, query),
});
