import { z } from 'zod';
import { listBadFrames } from '../../shared/db/bad-frames.ts';
import { defineRoute } from '../http/route.ts';
import { limit, ms, venue } from './fields.ts';

export const badFrames = defineRoute({
  method: 'get',
  path: '/bad-frames',
  access: 'operator',
  tag: 'market',
  summary: 'Frames that no adapter could read, newest first, with the reason',
  query: z.strictObject({ venue: venue.optional(), limit: limit(100) }),
  response: z.array(
    z.object({
      id: z.int(),
      venue: z.string(),
      receivedAt: ms,
      reason: z.string(),
      bytes: z.int(),
      head: z.string(),
      digest: z.string(),
    }),
  ),
  handler: ({ query }, { sql }) => listBadFrames(sql, query),
});
