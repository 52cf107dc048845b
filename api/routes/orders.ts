import { z } from 'zod';
import { listOrders } from '../../shared/db/orders.ts';
import { ORDER_STATES } from '../../shared/domain/trading.ts';
import { defineRoute } from '../http/route.ts';
import { decimal, limit, ms, side, symbol, venue } from './fields.ts';

const state = z.enum(ORDER_STATES);

export const orders = defineRoute({
  method: 'get',
  path: '/orders',
  access: 'viewer',
  tag: 'trading',
  summary: 'Orders with their fills, newest first; fees are in the quote currency',
  query: z.strictObject({
    autopilot: z.string().min(1).max(100).optional(),
    venue: venue.optional(),
    symbol: symbol.optional(),
    state: state.optional(),
    before: z.uuid().optional(),
    limit: limit(100),
  }),
  response: z.array(
    z
      .object({
        id: z.string(),
        clientId: z.string(),
        autopilot: z.string(),
        signalId: z.int(),
        venue: z.string(),
        symbol: z.string(),
        mode: z.enum(['paper', 'live']),
        side,
        type: z.literal('market'),
        size: decimal,
        filled: decimal,
        averagePrice: decimal.nullable(),
        fee: decimal,
        state,
        reason: z.string().nullable(),
        createdAt: ms,
        updatedAt: ms,
        fills: z.array(
          z.object({ tradeId: z.string(), price: decimal, size: decimal, fee: decimal, ts: ms }),
        ),
      })
      .meta({ id: 'Order' }),
  ),
  handler: ({ query }, { sql }) => listOrders(sql, query),
});
