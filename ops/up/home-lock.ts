import { join } from 'node:path';
import { UserError } from '../../shared/errors.ts';
import { takeFileLock } from '../../shared/file-lock.ts';

/**
 * One cluster per home.
 * @returns the release
 * @throws {UserError} when another cluster runs on this home
 */
export function takeHomeLock(home: string): () => void {
  const taken = takeFileLock(join(home, 'up.lock'));
  if (typeof taken === 'function') return taken;
  if (taken === 0)
    throw new UserError(`MILLRACE_HOME=${home} is being started by others at the same time: try again`);
  throw new UserError(
    `already running as process ${taken} on MILLRACE_HOME=${home}: stop that one first, or set MILLRACE_HOME to another folder`,
  );
}
