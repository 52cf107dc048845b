import { z } from 'zod';
import { defineRoute } from '../http/route.ts';

export const health = defineRoute({
  method: 'get',
  path: '/healthz',
  access: 'public',
  tag: 'health',
  summary: 'This process is alive',
  response: z.object({ ok: z.literal(true) }),
  handler: async () => ({ ok: true as const }),
});
