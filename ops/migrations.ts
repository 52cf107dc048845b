import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runner } from 'node-pg-migrate';

/** Where the package stands: beside `package.json`, for sources and build alike. */
export const ROOT = findRoot(dirname(fileURLToPath(import.meta.url)));

/**
 * Brings a database up to the newest schema; safe to run twice and at the same time as another.
 * @returns the names of the migrations that were applied
 */
export async function migrateUp(url: string): Promise<string[]> {
  const applied = await runner({
    databaseUrl: url,
    dir: join(ROOT, 'migrations'),
    direction: 'up',
    migrationsTable: 'schema_migrations',
    checkOrder: true,
    log: () => {},
  });
  return applied.map(({ name }) => name);
}

function findRoot(folder: string): string {
  return existsSync(join(folder, 'package.json')) ? folder : findRoot(dirname(folder));
}
