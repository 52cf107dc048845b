import { z } from 'zod';
import { listAudit } from '../../shared/db/audit.ts';
import { defineRoute } from '../http/route.ts';
import { limit, ms } from './fields.ts';

export const audit = defineRoute({
  method: 'get',
  path: '/audit',
  access: 'admin',
  tag: 'people',
  summary: 'What people changed, newest first',
  query: z.strictObject({ limit: limit(100) }),
  response: z.array(
    z.object({
      id: z.int(),
      actor: z.string(),
      action: z.string(),
      details: z.record(z.string(), z.unknown()),
      createdAt: ms,
    }),
  ),
  handler: ({ query }, { sql }) => listAudit(sql, query),
});
