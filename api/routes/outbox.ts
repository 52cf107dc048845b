import { z } from 'zod';
import { listOutbox } from '../../shared/db/outbox.ts';
import { defineRoute } from '../http/route.ts';
import { limit, ms, rowId } from './fields.ts';

const state = z.enum(['waiting', 'sending', 'sent', 'failed']);

export const outbox = defineRoute({
  method: 'get',
  path: '/outbox',
  access: 'viewer',
  tag: 'people',
  summary: 'Mail of the cluster, newest first, sent or not',
  query: z.strictObject({ state: state.optional(), before: rowId.optional(), limit: limit(100) }),
  response: z.array(
    z
      .object({
        id: z.int(),
        kind: z.string(),
        subject: z.string(),
        body: z.string(),
        state,
        attempts: z.int(),
        error: z.string().nullable(),
        createdAt: ms,
        sentAt: ms.nullable(),
      })
      .meta({ id: 'Mail' }),
  ),
  handler: ({ query }, { sql }) => listOutbox(sql, query),
});
