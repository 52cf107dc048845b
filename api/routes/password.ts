import { z } from 'zod';
import { addAudit } from '../../shared/db/audit.ts';
import { findUserWithHash, savePassword } from '../../shared/db/users.ts';
import { checkPassword, hashPassword, newPassword } from '../auth/passwords.ts';
import { Problem } from '../http/problem.ts';
import { defineRoute, userOf } from '../http/route.ts';
import { setSessionCookie } from './login.ts';

export const password = defineRoute({
  method: 'post',
  path: '/password',
  access: 'viewer',
  tag: 'session',
  summary: "Change one's own password; every other session ends",
  body: z.strictObject({ current: z.string().min(1).max(256), next: newPassword }),
  response: z.object({ token: z.string() }),
  async handler(input, { sql, tokens, loginLimits }) {
    const { body, http } = input;
    const { name } = userOf(input);
    const address = http.req.socket.remoteAddress ?? '';
    if ((await loginLimits.take(name, address)) > 0)
      throw new Problem(429, 'too many wrong passwords: try again in 15 min');
    const stored = await findUserWithHash(sql, name);
    if (!(await checkPassword(body.current, stored?.passwordHash)))
      throw new Problem(403, 'current: this is not the current password', {
        errors: [{ field: 'current', message: 'this is not the current password' }],
      });
    await loginLimits.giveBack(name, address);
    const passwordHash = await hashPassword(body.next);
    const user = await sql.begin(async (tx) => {
      await addAudit(tx, { actor: name, action: 'change_password' });
      return savePassword(tx, name, passwordHash);
    });
    if (!user) throw new Problem(404, 'this user is gone');
    const token = await tokens.issue(user);
    setSessionCookie(http.req, http.res, token);
    return { token };
  },
});
