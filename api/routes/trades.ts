import { z } from 'zod';
import { listTrades } from '../../shared/db/trades.ts';
import { defineRoute } from '../http/route.ts';
import { decimal, limit, ms, queryTime, side, symbol, venue } from './fields.ts';

const origin = { venue: z.string(), symbol: z.string(), ts: ms };

export const trades = defineRoute({
  method: 'get',
  path: '/trades',
  access: 'viewer',
  tag: 'market',
  summary: 'Public trades, newest first; side is the taker’s',
  query: z.strictObject({ venue, symbol, before: queryTime.optional(), limit: limit(100) }),
  response: z.array(
    z.object({ ...origin, id: z.string(), price: decimal, size: decimal, side }).meta({ id: 'Trade' }),
  ),
  handler: ({ query }, { sql }) => listTrades(sql, query),
});
