import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { isAlive } from '../../shared/processes.ts';
import { findCluster } from '../cluster-file.ts';
import { ROOT } from '../migrations.ts';
import { exitOf, freePort, waitUntil } from '../services/service.ts';

const START_MS = 90_000;

let home: string;
let settings: Record<string, string | undefined>;
let cluster: Started;

interface Started {
  child: ChildProcess;
  exited: Promise<string>;
  said: () => string;
}

/** `millrace up` as a person starts it, with its own PostgreSQL and Redis. */
function up(): Started {
  const child = spawn(process.execPath, [join(ROOT, 'ops/bin/millrace.mjs'), 'up'], { env: settings });
  let text = '';
  const read = (chunk: Buffer) => {
    text += chunk;
  };
  child.stdout.on('data', read);
  child.stderr.on('data', read);
  return { child, exited: exitOf(child), said: () => text };
}

async function untilUp({ child, said }: Started) {
  await waitUntil(() => said().includes('millrace is up') || child.exitCode !== null, START_MS, 100);
  expect(said()).toContain('millrace is up');
}

const pids = () => (findCluster(home)?.processes ?? []).map(({ pid }) => pid);

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'millrace-cluster-'));
  chmodSync(home, 0o700);
  settings = { PATH: process.env.PATH, MILLRACE_HOME: home, PORT: String(await freePort(0)) };
  cluster = up();
  await untilUp(cluster);
}, START_MS);

afterAll(async () => {
  cluster.child.kill('SIGINT');
  await cluster.exited;
  rmSync(home, { recursive: true, force: true });
}, 40_000);

test('it says where to look, what is simulated, and the first password, which no log keeps', () => {
  expect(cluster.said()).toContain(`Console  http://127.0.0.1:${settings.PORT}`);
  expect(cluster.said()).toMatch(/SIM .* simulated/);
  const password = /user admin, password (\S+)/.exec(cluster.said())?.[1];
  expect(password).toBeTruthy();
  const logs = readdirSync(join(home, 'logs')).map((name) => readFileSync(join(home, 'logs', name), 'utf8'));
  expect(logs.join('')).not.toContain(password);
});

test('its address book names every process, and all of them run', () => {
  expect(findCluster(home)?.processes.map(({ name }) => name)).toEqual([
    'redis',
    'postgres',
    'sim',
    'producer-sim',
    'pool-archive',
    'pool-trading',
    'pool-jobs',
    'api',
  ]);
  expect(pids().every(isAlive)).toBe(true);
});

test('a second start on the same home is refused and disturbs nothing', async () => {
  const before = pids();
  const second = up();
  expect(await second.exited).toBe('exit code 2');
  expect(second.said()).toContain(`already running as process ${cluster.child.pid} on MILLRACE_HOME=${home}`);
  expect(pids()).toEqual(before);
});

test(
  'a start after the supervisor was killed waits for the orphans and takes over',
  async () => {
    const orphans = pids();
    cluster.child.kill('SIGKILL');
    await cluster.exited;
    cluster = up();
    await untilUp(cluster);
    expect(orphans.filter(isAlive)).toEqual([]);
    expect(cluster.said()).not.toContain('password');
  },
  START_MS,
);

test('Ctrl-C, which npm and the terminal both pass on, is one clean drain within 30 s and leaves nothing', async () => {
  const running = pids();
  const startedAt = performance.now();
  cluster.child.kill('SIGINT');
  cluster.child.kill('SIGINT');
  expect(await cluster.exited).toBe('exit code 0');
  expect(performance.now() - startedAt).toBeLessThan(30_000);
  expect(running.filter(isAlive)).toEqual([]);
  expect(existsSync(join(home, 'cluster.json'))).toBe(false);
}, 40_000);
