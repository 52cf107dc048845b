import { spawn } from 'node:child_process';
import { afterEach, expect, test } from '@jest/globals';
import { UserError } from '../../shared/errors.ts';
import { isAlive } from '../../shared/processes.ts';
import { exitOf, stopChild, waitUntil } from '../services/service.ts';
import { type Launched, Supervised, type SupervisedEvent } from './supervised.ts';

const supervised: Supervised[] = [];
afterEach(() => Promise.all(supervised.splice(0).map((process) => process.stop(1_000))));

function launchShell(script: string, lastWords = ''): Launched {
  const child = spawn('/bin/sh', ['-c', script], { stdio: ['ignore', 'pipe', 'ignore'] });
  const exited = exitOf(child);
  return {
    pid: child.pid ?? 0,
    exited,
    ready: new Promise((resolve) => child.stdout.once('data', () => resolve())),
    lastWords: () => lastWords,
    stop: (patienceMs) => stopChild(child, exited, 'SIGTERM', patienceMs),
    kill: () => void child.kill('SIGKILL'),
  };
}

function supervise(launch: () => Promise<Launched>, options = {}) {
  const events: SupervisedEvent[] = [];
  const process = new Supervised('wheel', 'pool', launch, (event) => events.push(event), options);
  supervised.push(process);
  return { process, events };
}

const STEADY = 'echo ready; exec sleep 60';

test('a killed process is back within a second', async () => {
  const { process: wheel, events } = supervise(async () => launchShell(STEADY));
  await wheel.start();
  const first = wheel.pid;
  const killedAt = performance.now();
  process.kill(first, 'SIGKILL');
  expect(await waitUntil(() => events.some((event) => event.type === 'ready' && event.again), 5_000)).toBe(
    true,
  );
  expect(performance.now() - killedAt).toBeLessThan(1_000);
  expect(wheel.pid).not.toBe(first);
  expect(isAlive(first)).toBe(false);
});

test('a process that always ends is launched ever more slowly', async () => {
  const { process: wheel, events } = supervise(async () => launchShell('exit 1', 'no water'));
  void wheel.start().catch(() => {});
  const failures = () => events.filter((event) => event.type === 'failed');
  expect(await waitUntil(() => failures().length === 3, 5_000)).toBe(true);
  expect(failures().map(({ againInMs }) => againInMs)).toEqual([200, 400, 800]);
  expect(failures()[0]?.reason).toBe('exit code 1: no water');
});

test('a start that a person must mend is reported with its sentence alone', async () => {
  const { process: wheel } = supervise(async () => launchShell('exit 2', 'PORT=1 may not be opened'));
  await expect(wheel.start()).rejects.toThrow(new UserError('PORT=1 may not be opened'));
});

test('a service that does not start is given up after the tries it has', async () => {
  const { process: wheel } = supervise(async () => launchShell('exit 1', 'disk full'), { tries: 2 });
  await expect(wheel.start()).rejects.toThrow(new UserError('exit code 1: disk full'));
});

test('a process that does not drain in its time is killed', async () => {
  const { process: wheel } = supervise(async () =>
    launchShell('trap "" TERM; echo ready; while :; do sleep 1; done'),
  );
  await wheel.start();
  const { pid } = wheel;
  await wheel.stop(100);
  expect(isAlive(pid)).toBe(false);
});

test('stopping while it waits for its next try ends at once and launches no more', async () => {
  let launches = 0;
  const { process: wheel, events } = supervise(async () => {
    launches++;
    return launchShell('exit 1');
  });
  void wheel.start().catch(() => {});
  await waitUntil(() => events.some((event) => event.type === 'failed'), 5_000);
  await wheel.stop(1_000);
  expect(launches).toBe(1);
});
