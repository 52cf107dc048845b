import { z } from 'zod';
import { now } from '../../shared/clock.ts';
import { day } from '../../shared/tasks/define.ts';
import { Problem } from '../http/problem.ts';
import { defineRoute, userOf } from '../http/route.ts';
import { submitAudited } from '../submit.ts';

export const makeReport = defineRoute({
  method: 'post',
  path: '/reports',
  access: 'operator',
  tag: 'reports',
  summary: 'Make the report of a UTC day; without a day, of the one that ended last',
  body: z.strictObject({ day: day.optional() }),
  status: 202,
  response: z.object({ taskId: z.string() }),
  async handler(input, deps) {
    const { day } = input.body;
    if (day && Date.parse(day) > now()) throw new Problem(400, `day: ${day} has not begun yet`);
    const actor = userOf(input).name;
    const taskId = await submitAudited(deps, actor, 'make_report', 'generate_report', input.body);
    input.http.res.location(`/tasks/${taskId}`);
    return { taskId };
  },
});
