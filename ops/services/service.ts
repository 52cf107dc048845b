import type { ChildProcess } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { sleep } from '../../shared/clock.ts';

/** A child process of ours. */
export interface Running {
  pid: number;
  /** Resolves when the process is gone, with how it ended. */
  exited: Promise<string>;
  /** Asks it to stop in good order; forces it after `patienceMs`. */
  stop(patienceMs?: number): Promise<void>;
  /** Ends it at once. */
  kill(): void;
}

/** A server that we run and that answers at `url`. */
export interface Service extends Running {
  url: string;
}

export interface ServiceOptions {
  /** `MILLRACE_HOME`, which exists and is ours. */
  home: string;
  /** For a person who waits: what takes time, once. */
  say: (text: string) => void;
}

/** How a child ended, in words; must be asked for before it can end. */
export function exitOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(signal ? `killed by ${signal}` : `exit code ${code}`));
  });
}

/** Sends `signal`, waits up to `patienceMs` for the end, then sends SIGKILL. */
export async function stopChild(
  child: ChildProcess,
  exited: Promise<string>,
  signal: NodeJS.Signals,
  patienceMs = 10_000,
): Promise<void> {
  child.kill(signal);
  const patience = new AbortController();
  void sleep(patienceMs, patience.signal).then((over) => over && child.kill('SIGKILL'));
  await exited;
  patience.abort();
}

/** The port of the last start, if it is free, else any free one; kept in `file` for the next start. */
export async function keepPort(file: string): Promise<number> {
  const last = existsSync(file) ? Number(readFileSync(file, 'utf8')) : 0;
  const port = await freePort(last).catch(() => freePort(0));
  if (port !== last) writeFileSync(file, String(port));
  return port;
}

/** Resolves to a loopback port that nobody listens on; rejects when a wished one is taken. */
export function freePort(wished: number, host = '127.0.0.1'): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(wished, host, () => {
      const address = server.address();
      const port = typeof address === 'object' && address ? address.port : wished;
      server.close(() => resolve(port));
    });
  });
}

/** Polls until `probe` is true or the time is over; `true` when it came true. */
export async function waitUntil(probe: () => boolean | Promise<boolean>, limitMs: number, everyMs = 25) {
  const deadline = performance.now() + limitMs;
  while (!(await probe())) {
    if (performance.now() > deadline) return false;
    await sleep(everyMs);
  }
  return true;
}
