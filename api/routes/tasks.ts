import { z } from 'zod';
import { findTask, listTasks } from '../../shared/db/tasks.ts';
import { TASK_NAMES, type TaskName } from '../../shared/tasks/catalogue.ts';
import { TASK_STATES } from '../../shared/tasks/define.ts';
import { Problem } from '../http/problem.ts';
import { defineRoute } from '../http/route.ts';
import { limit, ms } from './fields.ts';

const name = z.enum(TASK_NAMES as [TaskName, ...TaskName[]]);
const state = z.enum(TASK_STATES);

const taskRow = z
  .object({
    id: z.string(),
    name: z.string(),
    queue: z.string(),
    state,
    payload: z.record(z.string(), z.unknown()),
    progress: z.object({ done: z.number(), total: z.number(), note: z.string() }).nullable(),
    result: z.unknown(),
    error: z.string().nullable(),
    attempts: z.int(),
    worker: z.string().nullable(),
    createdAt: ms,
    startedAt: ms.nullable(),
    finishedAt: ms.nullable(),
    history: z.array(z.object({ state, at: ms })),
  })
  .meta({ id: 'Task' });

export const tasks = defineRoute({
  method: 'get',
  path: '/tasks',
  access: 'viewer',
  tag: 'tasks',
  summary: 'Tasks that were asked for, newest first',
  query: z.strictObject({ name: name.optional(), state: state.optional(), limit: limit(100) }),
  response: z.array(taskRow),
  handler: ({ query }, { sql }) => listTasks(sql, query),
});

export const task = defineRoute({
  method: 'get',
  path: '/tasks/{id}',
  access: 'viewer',
  tag: 'tasks',
  summary: 'One task: state, progress, result, and every state it has been in',
  params: z.strictObject({
    id: z.string().regex(/^[\w:.-]{1,120}$/, 'must be a task id'),
  }),
  response: taskRow,
  async handler({ params }, { sql }) {
    const row = await findTask(sql, params.id);
    if (!row) throw new Problem(404, 'there is no such task');
    return row;
  },
});
