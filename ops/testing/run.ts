import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UserError } from '../../shared/errors.ts';
import { ROOT } from '../migrations.ts';
import { startPostgres } from '../services/postgres.ts';
import { startRedis } from '../services/redis.ts';
import type { Service, ServiceOptions } from '../services/service.ts';

/**
 * `npm test`: Jest over the whole tree, on the servers of `TIMESCALEDB_URL` and `REDIS_URL`, or on fresh ones of its
 * own for whichever is not set. The last line on stdout is the count, in which each of `failedChecks`, names of what
 * failed before, is one more.
 * @returns the exit code
 */
export async function runTests(args: string[], failedChecks: readonly string[] = []): Promise<number> {
  const home = mkdtempSync(join(tmpdir(), 'millrace-test-'));
  if (process.getuid?.() === 0) chmodSync(home, 0o711);
  const started: Service[] = [];
  const provide = async (given: string | undefined, start: (options: ServiceOptions) => Promise<Service>) => {
    if (given) return given;
    const service = await start({ home, say: (text) => process.stderr.write(`millrace: ${text}\n`) });
    started.push(service);
    return service.url;
  };
  const ignore = () => {};
  process.on('SIGINT', ignore).on('SIGTERM', ignore);
  try {
    const provided = await Promise.allSettled([
      provide(process.env.TIMESCALEDB_URL, startPostgres),
      provide(process.env.REDIS_URL, startRedis),
    ]);
    const [TIMESCALEDB_URL, REDIS_URL] = provided.map((outcome) => {
      if (outcome.status === 'rejected') throw outcome.reason;
      return outcome.value;
    });
    const FAILED_CHECKS = failedChecks.join(', ');
    return await jest(args, { TIMESCALEDB_URL, REDIS_URL, ...(FAILED_CHECKS && { FAILED_CHECKS }) });
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    process.stderr.write(`millrace: ${error.message}\n`);
    process.stdout.write('0 passed, 1 failed\n');
    return 2;
  } finally {
    await Promise.all(started.map((service) => service.stop()));
    rmSync(home, { recursive: true, force: true });
    process.off('SIGINT', ignore).off('SIGTERM', ignore);
  }
}

/** Its pages go to stderr; the count that its reporter ends with is checked to be there, even when Jest crashes. */
function jest(args: string[], settings: Record<string, string | undefined>): Promise<number> {
  const options = '--experimental-vm-modules --disable-warning=ExperimentalWarning';
  const child = spawn(process.execPath, [join(ROOT, 'node_modules/jest/bin/jest.js'), ...args], {
    cwd: ROOT,
    env: { ...process.env, ...settings, NODE_OPTIONS: `${process.env.NODE_OPTIONS ?? ''} ${options}` },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let last = '';
  child.stdout.on('data', (chunk: Buffer) => {
    process.stdout.write(chunk);
    last = `${last}${chunk}`.slice(-1_000);
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      if (!/\d+ passed, \d+ failed(, \d+ skipped)?\n$/.test(last))
        process.stdout.write('0 passed, 1 failed\n');
      resolve(code ?? 1);
    });
  });
}
