import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sleep } from '../../shared/clock.ts';
import { answers, ensureDatabase } from '../../shared/db/server.ts';
import { UserError } from '../../shared/errors.ts';
import { isAlive } from '../../shared/processes.ts';
import { type Account, findAccount } from './account.ts';
import { openLog, tail } from './log-files.ts';
import { findPostgresBinaries, type PostgresBinaries } from './postgres-binaries.ts';
import { commandLine } from './processes.ts';
import { keepSecret } from './secrets.ts';
import { exitOf, keepPort, type Service, type ServiceOptions, stopChild, waitUntil } from './service.ts';

const USER = 'millrace';
/** After a crash the log is replayed before it answers; that takes as long as it takes, within reason. */
const START_LIMIT_MS = 120_000;

/** Commits are durable (`synchronous_commit`); the rest suits a few pools on one machine with little memory. */
const SETTINGS = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '200',
  shared_buffers: '256MB',
  effective_cache_size: '1GB',
  synchronous_commit: 'on',
  wal_compression: 'on',
  // Filling each new 16 MiB of log with zeros stalls every commit for 60 ms, every few seconds under load.
  wal_init_zero: 'off',
  max_wal_size: '2GB',
  checkpoint_timeout: '15min',
  jit: 'off',
  timezone: 'UTC',
  log_checkpoints: 'off',
};

/**
 * Runs the embedded PostgreSQL on `home/postgres/data` until stopped: made on the first start, on the port of the
 * last one, reachable by loopback and password only. A server that an earlier cluster left behind is stopped first.
 * @throws {UserError} when it can't run on this machine
 */
export async function startPostgres({ home, say }: ServiceOptions): Promise<Service> {
  const binaries = await findPostgresBinaries();
  const folder = join(home, 'postgres');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const account = findAccount(binaries.postgres, folder);
  const data = join(folder, 'data');
  const password = keepSecret(home, 'postgres');
  if (existsSync(data)) await stopLeftover(data);
  else {
    say('making the database (once)');
    await initialise(binaries, account, folder, password);
  }
  const port = await keepPort(join(home, 'postgres.port'));
  const url = (database: string) => `postgres://${USER}:${password}@127.0.0.1:${port}/${database}`;

  const logFile = join(home, 'logs/postgres.log');
  const log = openLog(logFile);
  const settings = Object.entries({ ...SETTINGS, port }).flatMap(([name, value]) => [
    '-c',
    `${name}=${value}`,
  ]);
  const child = spawnAs(account, binaries.postgres, ['-D', data, ...settings], log.fd);
  log.close();
  const exited = exitOf(child);
  await untilReady(url('postgres'), exited, () => tail(logFile, log.from));
  await ensureDatabase(url('postgres'), 'millrace');
  return {
    url: url('millrace'),
    pid: child.pid ?? 0,
    exited,
    stop: (patienceMs) => stopChild(child, exited, 'SIGINT', patienceMs),
    kill: () => void child.kill('SIGQUIT'),
  };
}

/** Makes the data folder under another name first, so that a half-made one is never taken for whole. */
async function initialise(binaries: PostgresBinaries, account: Account, folder: string, password: string) {
  const fresh = join(folder, 'data.new');
  const passwordFile = join(folder, 'password.new');
  rmSync(fresh, { recursive: true, force: true });
  rmSync(passwordFile, { force: true });
  writeFileSync(passwordFile, password, { mode: 0o600 });
  account.own(passwordFile);
  const logFile = join(folder, 'initdb.log');
  const child = spawnAs(
    account,
    binaries.initdb,
    ['-D', fresh, '-U', USER, `--pwfile=${passwordFile}`, '--auth=scram-sha-256', '-E', 'UTF8', '--locale=C'],
    openSync(logFile, 'w'),
  );
  const end = await exitOf(child);
  rmSync(passwordFile, { force: true });
  if (end !== 'exit code 0') {
    throw new UserError(
      `the embedded PostgreSQL could not be made in ${folder} (${readFileSync(logFile, 'utf8').trim().split('\n').at(-1) || end}): mend that, or set TIMESCALEDB_URL`,
    );
  }
  renameSync(fresh, join(folder, 'data'));
}

/** `postmaster.pid` of a server that outlived its cluster: stop it. Of a stranger with its old number: forget it. */
async function stopLeftover(data: string): Promise<void> {
  const file = join(data, 'postmaster.pid');
  if (!existsSync(file)) return;
  const pid = Number(readFileSync(file, 'utf8').split('\n')[0]);
  if (!pid || !isAlive(pid)) return;
  if (!commandLine(pid).includes(data)) return rmSync(file, { force: true });
  process.kill(pid, 'SIGINT');
  if (await waitUntil(() => !isAlive(pid), 10_000)) return;
  process.kill(pid, 'SIGQUIT');
  await waitUntil(() => !isAlive(pid), 5_000);
}

function spawnAs(account: Account, binary: string, binaryArgs: string[], logFd: number): ChildProcess {
  const { command, args, ...identity } = account.wrap(binary, binaryArgs);
  return spawn(command, args, { ...identity, cwd: '/', detached: true, stdio: ['ignore', logFd, logFd] });
}

async function untilReady(url: string, exited: Promise<string>, lastWords: () => string): Promise<void> {
  const deadline = performance.now() + START_LIMIT_MS;
  let end: string | undefined;
  exited.then((how) => {
    end = how;
  });
  while (!(await answers(url))) {
    if (end || performance.now() > deadline) {
      throw new Error(`PostgreSQL did not start (${end ?? 'no answer'}): ${lastWords()}`);
    }
    await sleep(50);
  }
}
