import type { Queryable } from './client.ts';

/** What a user may do; each role may do all that the ones before it may. */
export const ROLES = ['viewer', 'trader', 'operator', 'admin'] as const;
export type Role = (typeof ROLES)[number];

/** A person with a login. `version` rises with every change that must end the user's sessions. */
export interface User {
  id: number;
  name: string;
  role: Role;
  version: number;
  createdAt: number;
}

const columns = (sql: Queryable) => sql`id, name, role, version, created_at`;

export async function findUser(sql: Queryable, id: number): Promise<User | undefined> {
  const [row] = await sql<User[]>`SELECT ${columns(sql)} FROM users WHERE id = ${id}`;
  return row;
}

/** The only read of a password hash: for checking one at login. */
export async function findUserWithHash(
  sql: Queryable,
  name: string,
): Promise<(User & { passwordHash: string }) | undefined> {
  const [row] = await sql<(User & { passwordHash: string })[]>`
    SELECT ${columns(sql)}, password_hash FROM users WHERE name = ${name}`;
  return row;
}

export async function hasUsers(sql: Queryable): Promise<boolean> {
  const [row] = await sql<{ found: boolean }[]>`SELECT EXISTS (SELECT FROM users) AS found`;
  return row?.found ?? false;
}

/** Adds the first user of all; undefined when another process was faster or users exist. */
export async function addFirstUser(
  sql: Queryable,
  user: { name: string; role: Role; passwordHash: string },
): Promise<User | undefined> {
  const [row] = await sql<User[]>`
    INSERT INTO users (name, role, password_hash)
    SELECT ${user.name}, ${user.role}, ${user.passwordHash} WHERE NOT EXISTS (SELECT FROM users)
    ON CONFLICT (name) DO NOTHING RETURNING ${columns(sql)}`;
  return row;
}

/** Sets the password and ends all sessions; undefined when there is no such user. */
export async function savePassword(
  sql: Queryable,
  name: string,
  passwordHash: string,
): Promise<User | undefined> {
  const [row] = await sql<User[]>`
    UPDATE users SET password_hash = ${passwordHash}, version = version + 1
    WHERE name = ${name} RETURNING ${columns(sql)}`;
  return row;
}

/** Ends all sessions of a user. */
export async function endSessions(sql: Queryable, id: number): Promise<void> {
  await sql`UPDATE users SET version = version + 1 WHERE id = ${id}`;
}
