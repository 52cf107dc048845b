import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../../shared/errors.ts';
import { birthOf } from '../services/processes.ts';
import { isAlive } from '../services/service.ts';

/**
 * One cluster per home. A lock whose holder is gone, even if its process id was given to another, is taken over.
 * @returns the release
 * @throws {UserError} when another cluster runs on this home
 */
export function takeHomeLock(home: string): () => void {
  const file = join(home, 'up.lock');
  const content = `${process.pid} ${birthOf(process.pid)}`;
  for (let attempt = 0; attempt < 10; attempt++) {
    if (write(file, content)) return () => rmSync(file, { force: true });
    const holder = read(file);
    const [pid = 0, birth = ''] = [Number(holder.split(' ')[0]), holder.split(' ')[1]];
    if (pid && isAlive(pid) && birthOf(pid) === birth) {
      throw new UserError(
        `already running as process ${pid} on MILLRACE_HOME=${home}: stop that one first, or set MILLRACE_HOME to another folder`,
      );
    }
    discard(file, holder);
  }
  throw new UserError(`MILLRACE_HOME=${home} is being started by others at the same time: try again`);
}

function write(file: string, content: string): boolean {
  try {
    writeFileSync(file, content, { flag: 'wx', mode: 0o644 });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Moves the stale lock away first: of two that find it stale, the second must not discard the first one's new lock. */
function discard(file: string, stale: string): void {
  const aside = `${file}.${process.pid}`;
  try {
    renameSync(file, aside);
  } catch {
    return;
  }
  if (read(aside) === stale) rmSync(aside);
  else renameSync(aside, file);
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
