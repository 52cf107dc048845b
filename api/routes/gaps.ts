import { z } from 'zod';
import { findGap, listGaps } from '../../shared/db/gaps.ts';
import { GAP_CAUSES, GAP_STATES } from '../../shared/domain/gap.ts';
import { Problem } from '../http/problem.ts';
import { defineRoute, userOf } from '../http/route.ts';
import { submitAudited } from '../submit.ts';
import { limit, ms, rowId, symbol, venue } from './fields.ts';

const state = z.enum(GAP_STATES);
const tradeId = z.string();

const gapRow = z
  .object({
    id: z.int(),
    venue: z.string(),
    symbol: z.string(),
    cause: z.enum(GAP_CAUSES),
    detail: z.string(),
    noticedAt: ms,
    fromTs: ms,
    fromId: tradeId.meta({ description: 'the last trade known before it' }),
    toTs: ms.nullable(),
    toId: tradeId.nullable().meta({ description: 'the first trade known after it' }),
    reachedTs: ms,
    reachedId: tradeId.meta({ description: 'up to this trade the archive is whole again' }),
    state,
    missing: z.int().nullable(),
    filled: z.int(),
    reason: z.string().nullable(),
    taskId: z.string().nullable(),
    tries: z.int(),
    retryAt: ms,
    createdAt: ms,
    closedAt: ms.nullable(),
  })
  .meta({ id: 'Gap' });

export const gaps = defineRoute({
  method: 'get',
  path: '/gaps',
  access: 'viewer',
  tag: 'market',
  summary: 'Stretches of trades that may have been lost, newest first, and what became of them',
  query: z.strictObject({
    venue: venue.optional(),
    symbol: symbol.optional(),
    state: state.optional(),
    limit: limit(100),
  }),
  response: z.array(gapRow),
  handler: ({ query }, { sql }) => listGaps(sql, query),
});

export const retryGap = defineRoute({
  method: 'post',
  path: '/gaps/{id}/retry',
  access: 'operator',
  tag: 'market',
  summary: 'Ask the venue once more for the trades of a gap that is not closed',
  params: z.strictObject({ id: rowId }),
  status: 202,
  response: z.object({ taskId: z.string() }),
  async handler(input, deps) {
    const gap = await findGap(deps.sql, input.params.id);
    if (!gap) throw new Problem(404, 'there is no such gap');
    if (gap.state === 'closed') throw new Problem(409, 'this gap is closed: nothing is missing');
    const taskId = await submitAudited(deps, userOf(input).name, 'retry_gap', 'close_gap', { gapId: gap.id });
    input.http.res.location(`/tasks/${taskId}`);
    return { taskId };
  },
});
