import type { Request, Response } from 'express';
import { z } from 'zod';
import { addAudit } from '../../shared/db/audit.ts';
import { findUserWithHash } from '../../shared/db/users.ts';
import { SESSION_COOKIE } from '../auth/authenticate.ts';
import { checkPassword } from '../auth/passwords.ts';
import { SESSION_SECONDS } from '../auth/tokens.ts';
import { Problem } from '../http/problem.ts';
import { defineRoute } from '../http/route.ts';
import { role } from './fields.ts';

export const login = defineRoute({
  method: 'post',
  path: '/login',
  access: 'public',
  tag: 'session',
  summary: 'Name and password in; a session cookie, and the same token for bearer use, out',
  body: z.strictObject({ name: z.string().min(1).max(100), password: z.string().min(1).max(256) }),
  response: z.object({ token: z.string(), user: z.object({ name: z.string(), role }) }),
  async handler({ body: { name, password }, http: { req, res } }, { sql, tokens, loginLimits }) {
    const address = req.socket.remoteAddress ?? '';
    const waitSeconds = await loginLimits.take(name, address);
    if (waitSeconds > 0)
      throw new Problem(429, `too many failed logins: try again in ${Math.ceil(waitSeconds / 60)} min`, {
        headers: { 'Retry-After': String(waitSeconds) },
      });
    const user = await findUserWithHash(sql, name);
    if (!(await checkPassword(password, user?.passwordHash)) || !user)
      throw new Problem(401, 'name or password is wrong');
    await addAudit(sql, { actor: user.name, action: 'login', details: { address } });
    await loginLimits.giveBack(name, address);
    const token = await tokens.issue(user);
    setSessionCookie(req, res, token);
    return { token, user };
  },
});

/** Only sent over TLS when the page came over TLS; the browser's Origin tells, whatever proxy stands between. */
export function setSessionCookie(req: Request, res: Response, token: string): void {
  res.cookie(SESSION_COOKIE, token, {
    httpOnly: true,
    sameSite: 'strict',
    secure: req.headers.origin?.startsWith('https://') ?? false,
    maxAge: SESSION_SECONDS * 1000,
    path: '/',
  });
}
