import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { takeHomeLock } from './home-lock.ts';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'millrace-lock-'));
});
afterEach(() => rmSync(home, { recursive: true }));

const holder = () => readFileSync(join(home, 'up.lock'), 'utf8').split(' ')[0];

test('a second cluster on the same home is refused by a sentence that names the first', () => {
  const release = takeHomeLock(home);
  expect(() => takeHomeLock(home)).toThrow(
    new RegExp(`already running as process ${process.pid} on MILLRACE_HOME=${home}`),
  );
  release();
  takeHomeLock(home)();
});

test('the lock of a dead process is taken over', () => {
  writeFileSync(join(home, 'up.lock'), '4194305 1');
  takeHomeLock(home);
  expect(holder()).toBe(String(process.pid));
});

test('the lock of a dead process whose id another process got is taken over', () => {
  writeFileSync(join(home, 'up.lock'), `${process.ppid} 1`);
  takeHomeLock(home);
  expect(holder()).toBe(String(process.pid));
});

test('an empty lock, as a crash in the middle of writing leaves it, is taken over', () => {
  writeFileSync(join(home, 'up.lock'), '');
  takeHomeLock(home);
  expect(holder()).toBe(String(process.pid));
});
