import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { afterEach, beforeEach, expect, test } from '@jest/globals';

let home: string;
let producer: ChildProcess;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'millrace-stop-'));
});
afterEach(() => {
  producer.kill('SIGKILL');
  rmSync(home, { recursive: true });
});

test('a producer that still waits for Redis when it is stopped ends in order', async () => {
  const nowhere = { REDIS_URL: 'redis://127.0.0.1:1', SIM_URL: 'http://127.0.0.1:1' };
  const args = ['--import', './ops/testing/typescript.mjs', 'ops/main.ts', 'producer', '--venue', 'sim'];
  producer = spawn(process.execPath, args, {
    env: { ...process.env, NODE_OPTIONS: '', ...nowhere, MILLRACE_HOME: home, LOG_LEVEL: 'info' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const said: string[] = [];
  for await (const line of createInterface({ input: producer.stderr as Readable })) {
    said.push(line);
    if (line.includes('redis is away')) producer.kill('SIGTERM');
  }
  if (producer.exitCode === null) await once(producer, 'exit');
  expect(said.join('\n')).toMatch(/redis is away.*stopping/s);
  expect([producer.exitCode, producer.signalCode]).toEqual([0, null]);
});
