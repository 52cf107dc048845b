import { z } from 'zod';
import { listFunding, listMarks } from '../../shared/db/rates.ts';
import { defineRoute } from '../http/route.ts';
import { decimal, limit, ms, queryTime, symbol, venue } from './fields.ts';

const query = z.strictObject({
  venue,
  symbol,
  from: queryTime.optional(),
  to: queryTime.optional(),
  limit: limit(100, 5_000),
});
const origin = { venue: z.string(), symbol: z.string(), ts: ms };

export const funding = defineRoute({
  method: 'get',
  path: '/funding',
  access: 'viewer',
  tag: 'market',
  summary: 'Funding rates of a future as the venue changed them, oldest first: from a time on, or the newest',
  query,
  response: z.array(
    z
      .object({
        ...origin,
        rate: decimal.meta({ description: 'a fraction of the position’s worth; below zero the shorts pay' }),
        nextFundingTs: ms.meta({ description: 'when it falls due' }),
      })
      .meta({ id: 'Funding' }),
  ),
  handler: ({ query }, { sql }) => listFunding(sql, query),
});

export const marks = defineRoute({
  method: 'get',
  path: '/marks',
  access: 'viewer',
  tag: 'market',
  summary: 'Mark prices of a future, one a second, oldest first: from a time on, or the newest',
  query,
  response: z.array(
    z.object({ ...origin, price: decimal, indexPrice: decimal.nullable() }).meta({ id: 'Mark' }),
  ),
  handler: ({ query }, { sql }) => listMarks(sql, query),
});
