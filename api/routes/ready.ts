import { z } from 'zod';
import { defineRoute } from '../http/route.ts';

export const dependency = z.object({
  name: z.string(),
  ready: z.boolean(),
  state: z.string(),
  reason: z.string().nullable(),
});

export const ready = defineRoute({
  method: 'get',
  path: '/readyz',
  access: 'public',
  tag: 'health',
  summary: 'Every dependency by name; 200 when all are ready, else 503',
  response: z.object({ ready: z.boolean(), dependencies: z.array(dependency) }),
  async handler({ http }, { readiness }) {
    const answer = await readiness();
    http.res.status(answer.ready ? 200 : 503);
    return answer;
  },
});
