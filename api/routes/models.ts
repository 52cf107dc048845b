import { z } from 'zod';
import { listModels } from '../../shared/db/models.ts';
import { defineRoute } from '../http/route.ts';
import { interval, limit, ms } from './fields.ts';

export const models = defineRoute({
  method: 'get',
  path: '/models',
  access: 'viewer',
  tag: 'tasks',
  summary: 'Trained models with their metrics, newest first',
  query: z.strictObject({ limit: limit(50) }),
  response: z.array(
    z
      .object({
        id: z.int(),
        taskId: z.string(),
        kind: z.string(),
        venue: z.string(),
        symbol: z.string(),
        interval,
        metrics: z.record(z.string(), z.unknown()),
        trainedFrom: ms,
        trainedTo: ms,
        createdAt: ms,
      })
      .meta({ id: 'Model' }),
  ),
  handler: ({ query }, { sql }) => listModels(sql, query),
});
