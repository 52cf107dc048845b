import { z } from 'zod';
import { listInstruments } from '../../shared/db/instruments.ts';
import { defineRoute } from '../http/route.ts';

export const instruments = defineRoute({
  method: 'get',
  path: '/instruments',
  access: 'viewer',
  tag: 'market',
  summary: 'Every venue and symbol that was ever archived',
  response: z.array(z.object({ venue: z.string(), symbol: z.string() })),
  handler: (_input, { sql }) => listInstruments(sql),
});
