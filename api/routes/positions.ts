import { z } from 'zod';
import { listAccounts } from '../accounts.ts';
import { defineRoute } from '../http/route.ts';
import { decimal, interval, ms } from './fields.ts';

const position = z
  .object({
    venue: z.string(),
    symbol: z.string(),
    size: decimal,
    averagePrice: decimal,
    cost: decimal,
    realizedPnl: decimal,
    fees: decimal,
    updatedAt: ms,
    lastPrice: decimal.nullable(),
    lastPriceAt: ms.nullable(),
    value: decimal.nullable(),
    unrealizedPnl: decimal.nullable(),
  })
  .meta({ id: 'Position' });

export const positions = defineRoute({
  method: 'get',
  path: '/positions',
  access: 'viewer',
  tag: 'trading',
  summary: 'Each paper account: cash, equity and positions at last price, lease and trades of the day',
  response: z.array(
    z
      .object({
        name: z.string(),
        enabled: z.boolean(),
        venue: z.string(),
        interval,
        strategy: z.string(),
        dailyTradeLimit: z.int(),
        tradesToday: z.int(),
        holder: z.string().nullable(),
        leaseExpiresAt: ms.nullable(),
        currency: z.string(),
        opening: decimal,
        cash: decimal,
        equity: decimal.nullable(),
        positions: z.array(position),
      })
      .meta({ id: 'Account' }),
  ),
  handler: (_input, deps) => listAccounts(deps),
});
