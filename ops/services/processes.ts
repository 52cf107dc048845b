import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readProc } from '../../shared/processes.ts';

/** The command line of a running process; empty when there is none of this id or it can't be seen. */
export function commandLine(pid: number): string {
  if (existsSync('/proc/self/cmdline')) return readProc(pid, 'cmdline').replaceAll('\0', ' ').trim();
  return spawnSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' }).stdout?.trim() ?? '';
}

/** Whether a process is one of a cluster on `home`: a `millrace` that was started with it. */
export function isOfHome(pid: number, home: string): boolean {
  if (!/main\.js/.test(commandLine(pid))) return false;
  const environment = readProc(pid, 'environ');
  return !environment || environment.split('\0').includes(`MILLRACE_HOME=${home}`);
}
