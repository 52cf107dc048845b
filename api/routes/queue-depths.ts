import { z } from 'zod';
import { defineRoute } from '../http/route.ts';
import { listQueueDepths } from '../status/queue-depths.ts';

export const queueDepths = defineRoute({
  method: 'get',
  path: '/queue-depths',
  access: 'viewer',
  tag: 'cluster',
  summary: 'Jobs by state in every queue, and the age of the oldest that waits',
  response: z.array(
    z
      .object({
        name: z.string(),
        waiting: z.int(),
        active: z.int(),
        delayed: z.int(),
        failed: z.int(),
        completed: z.int(),
        paused: z.boolean(),
        oldestWaitingMs: z.int().nullable(),
      })
      .meta({ id: 'Queue' }),
  ),
  handler: (_input, { queues }) => listQueueDepths(queues),
});
