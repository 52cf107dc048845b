import { z } from 'zod';
import { listProcesses } from '../../shared/queue/heartbeat.ts';
import { defineRoute } from '../http/route.ts';
import { ms } from './fields.ts';

const feed = z.object({
  entry: z.string(),
  venue: z.string(),
  symbols: z.array(z.string()),
  missing: z.array(z.object({ symbol: z.string(), reason: z.string() })),
  state: z.enum(['connecting', 'syncing', 'live', 'stale', 'down']),
  reason: z.string().nullable(),
  since: ms,
  reconnects: z.int(),
});

export const processes = defineRoute({
  method: 'get',
  path: '/processes',
  access: 'viewer',
  tag: 'cluster',
  summary: 'Every living process: producers with their feeds, pools with their queues, apis',
  response: z.array(
    z
      .object({
        id: z.string(),
        kind: z.enum(['producer', 'pool', 'api', 'sim']),
        name: z.string(),
        host: z.string(),
        pid: z.int(),
        startedAt: ms,
        beatAt: ms,
        rssBytes: z.int(),
        queues: z.array(z.string()),
        slots: z.int(),
        busy: z.int(),
        feeds: z.array(feed),
        spooledBytes: z
          .int()
          .meta({ description: 'what a producer holds on disk while the queues take nothing' }),
      })
      .meta({ id: 'Process' }),
  ),
  handler: (_input, { redis, config }) => listProcesses(redis, config.NAMESPACE),
});
