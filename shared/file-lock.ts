import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { birthOf, isAlive } from './processes.ts';

/**
 * Takes a lock that is a file, for processes of one machine. A lock whose holder is gone, even if its process id was
 * given to another, is taken over.
 * @returns the release, or the process id of whoever holds it (0 while others take it at this moment)
 */
export function takeFileLock(file: string): (() => void) | number {
  const content = `${process.pid} ${birthOf(process.pid)}`;
  for (let attempt = 0; attempt < 10; attempt++) {
    if (write(file, content)) return () => rmSync(file, { force: true });
    const holder = read(file);
    const [pid = 0, birth = ''] = [Number(holder.split(' ')[0]), holder.split(' ')[1]];
    if (pid && isAlive(pid) && birthOf(pid) === birth) return pid;
    discard(file, holder);
  }
  return 0;
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
