import { addAudit } from '../../shared/db/audit.ts';
import { endSessions } from '../../shared/db/users.ts';
import { SESSION_COOKIE } from '../auth/authenticate.ts';
import { defineRoute, userOf } from '../http/route.ts';

export const logout = defineRoute({
  method: 'post',
  path: '/logout',
  access: 'viewer',
  tag: 'session',
  summary: 'End all sessions of the user, on every device',
  async handler(input, { sql }) {
    const user = userOf(input);
    await sql.begin(async (tx) => {
      await endSessions(tx, user.id);
      await addAudit(tx, { actor: user.name, action: 'logout' });
    });
    input.http.res.clearCookie(SESSION_COOKIE, { path: '/' });
    return undefined;
  },
});
