import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { readProc } from '../../shared/processes.ts';

/** Samples of sizes by name, and what they came to. */
export class Peaks {
  readonly #peaks: Record<string, number> = {};

  take(name: string, bytes: number): void {
    this.#peaks[name] = Math.max(this.#peaks[name] ?? 0, bytes);
  }

  /** Name → highest value in MB, one decimal. */
  toMb(): Record<string, number> {
    return Object.fromEntries(
      Object.entries(this.#peaks).map(([name, bytes]) => [name, Math.round(bytes / 104_857.6) / 10]),
    );
  }
}

/** Resident memory of a process in bytes; 0 when it is gone. https://man7.org/linux/man-pages/man5/proc_pid_status.5.html */
export function residentBytes(pid: number): number {
  const [, kb = '0'] = readProc(pid, 'status').match(/^VmRSS:\s+(\d+) kB/m) ?? [];
  return Number(kb) * 1024;
}

/** What the files below a folder take on disk. */
export function folderBytes(folder: string): number {
  let bytes = 0;
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    const file = statSync(join(folder, name), { throwIfNoEntry: false });
    if (file?.isFile()) bytes += file.size;
  }
  return bytes;
}
