import { expect, test } from '@jest/globals';
import { MemoryLog, slope } from './memory-log.ts';

test('the slope is that of the line with the least squares', () => {
  expect(
    slope([
      [0, 1],
      [1, 3],
      [2, 5],
    ]),
  ).toBe(2);
  expect(
    slope([
      [0, 4],
      [1, 2],
      [2, 4],
      [3, 2],
    ]),
  ).toBeCloseTo(-0.4, 12);
  expect(slope([[1, 7]])).toBe(0);
});

test('a process of this machine has memory, one that is gone has none', () => {
  const log = new MemoryLog({ ours: process.pid, gone: 2 ** 22 + 1 });
  log.sample();
  log.sample();
  const { ours, gone } = log.trends(0);
  expect(ours?.mean).toBeGreaterThan(10);
  expect(ours?.max).toBeGreaterThanOrEqual(ours?.mean ?? 0);
  expect(gone).toEqual({ mean: 0, max: 0, slopePerHour: 0 });
});
