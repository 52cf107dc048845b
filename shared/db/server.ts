import postgres from 'postgres';
import { messageOf, UserError } from '../errors.ts';
import { maskUrl } from '../log.ts';

const OLDEST = 140_000;

/** Whether a PostgreSQL answers at this URL right now. */
export async function answers(url: string): Promise<boolean> {
  const sql = connectOnce(url);
  try {
    await sql`SELECT 1`;
    return true;
  } catch {
    return false;
  } finally {
    await sql.end({ timeout: 0 });
  }
}

/**
 * Checks that `TIMESCALEDB_URL` answers within five seconds and is new enough.
 * @throws {UserError} naming the setting and the remedy
 */
export async function checkDatabase(url: string): Promise<void> {
  const shown = `TIMESCALEDB_URL=${maskUrl(url)}`;
  const sql = connectOnce(url);
  try {
    const [row] = await sql`SELECT current_setting('server_version_num')::int AS version`;
    if (row?.version < OLDEST) {
      throw new UserError(
        `${shown} is PostgreSQL ${Math.floor(row?.version / 10_000)}: 14 or newer is needed`,
      );
    }
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(
      `${shown} cannot be used (${messageOf(error)}): start that PostgreSQL, mend the URL, or leave the setting empty for an embedded one`,
    );
  } finally {
    await sql.end({ timeout: 0 });
  }
}

/** Makes the database unless it is there. */
export async function ensureDatabase(url: string, name: string): Promise<void> {
  const sql = connectOnce(url);
  try {
    const found = await sql`SELECT 1 FROM pg_database WHERE datname = ${name}`;
    if (found.length === 0) await sql`CREATE DATABASE ${sql(name)}`;
  } finally {
    await sql.end({ timeout: 0 });
  }
}

const connectOnce = (url: string) =>
  postgres(url, {
    max: 1,
    connect_timeout: 5,
    onnotice: () => {},
    connection: { application_name: 'millrace up' },
  });
