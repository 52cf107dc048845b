import type { Queryable } from './client.ts';

/** Names of the migrations that this database has, oldest first. */
export async function listAppliedMigrations(sql: Queryable): Promise<string[]> {
  const rows = await sql<{ name: string }[]>`SELECT name FROM schema_migrations ORDER BY id`;
  return rows.map(({ name }) => name);
}
