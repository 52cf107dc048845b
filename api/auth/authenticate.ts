import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { findUser, ROLES, type Role, type User } from '../../shared/db/users.ts';
import type { ApiDeps } from '../deps.ts';

export const SESSION_COOKIE = 'millrace_session';

/** A user with a session that stands, and when it ends (UTC ms). */
export interface Session {
  user: User;
  expiresAt: number;
}

/**
 * The session of a request, by bearer token or cookie; undefined when there is none that stands.
 * The user is read at every request, so a changed password or role counts at once.
 */
export async function authenticate(
  { tokens, sql }: Pick<ApiDeps, 'tokens' | 'sql'>,
  request: IncomingMessage,
): Promise<Session | undefined> {
  const token = bearerToken(request) ?? cookieToken(request);
  const claims = token === undefined ? undefined : await tokens.read(token);
  if (!claims) return undefined;
  const user = await findUser(sql, claims.userId);
  if (user?.version !== claims.version) return undefined;
  return { user, expiresAt: claims.expiresAt };
}

export const mayAct = (user: User, role: Role): boolean => ROLES.indexOf(user.role) >= ROLES.indexOf(role);

/** Whether the request bears this very token; takes as long for any. */
export function bearsToken(request: IncomingMessage, expected: string | undefined): boolean {
  const given = bearerToken(request);
  if (expected === undefined || given === undefined) return false;
  return timingSafeEqual(digest(given), digest(expected));
}

const digest = (text: string) => createHash('sha256').update(text).digest();

function bearerToken(request: IncomingMessage): string | undefined {
  return request.headers.authorization?.match(/^Bearer ([\w.~+/=-]+)$/i)?.[1];
}

/** Whether the browser believes to be logged in. */
export const hasSessionCookie = (request: IncomingMessage): boolean => cookieToken(request) !== undefined;

function cookieToken(request: IncomingMessage): string | undefined {
  for (const pair of (request.headers.cookie ?? '').split(';')) {
    const [name, value] = pair.trim().split('=', 2);
    if (name === SESSION_COOKIE) return value;
  }
  return undefined;
}
