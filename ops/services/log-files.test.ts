import {
  appendFileSync,
  mkdtempSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { openLog, rotate, tail } from './log-files.ts';

let file: string;
beforeEach(() => {
  file = join(mkdtempSync(join(tmpdir(), 'millrace-log-')), 'a.log');
});
afterEach(() => rmSync(join(file, '..'), { recursive: true }));

test('the last words of a process are its newest fatal message, not what came after', () => {
  writeFileSync(file, '{"level":60,"msg":"of an earlier life"}\n');
  const { from } = openLog(file);
  appendFileSync(file, '{"level":60,"msg":"PORT=3000 is in use"}\n{"level":40,"msg":"release failed"}\n');
  expect(tail(file, from)).toBe('PORT=3000 is in use');
});

test('the last words of a crash are the error, not the version line that Node ends with', () => {
  writeFileSync(file, 'file:///x.js:1\nTypeError: no wheel\n    at x.js:1:1\n\nNode.js v20.20.2\n');
  expect(tail(file, 0)).toBe('TypeError: no wheel');
});

test('a log that grew too long is moved aside and its writer goes on in the emptied file', () => {
  const log = openLog(file);
  truncateSync(file, 20_000_001);
  rotate(file);
  writeSync(log.fd, 'next\n');
  log.close();
  expect(statSync(`${file}.1`).size).toBe(20_000_001);
  expect(tail(file, 0)).toBe('next');
});
