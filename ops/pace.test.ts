import { expect, test } from '@jest/globals';
import { monotonic } from '../shared/clock.ts';
import { UserError } from '../shared/errors.ts';
import { Pace, readSpeed } from './pace.ts';

const RECEIVED = [1_000, 1_100, 1_090, 1_300];

test.each([
  [1, 300],
  [10, 30],
])('at %s times the speed a recording of 300 ms takes %s ms', async (speed, least) => {
  const pace = new Pace(speed);
  const from = monotonic();
  for (const receivedAt of RECEIVED) await pace.reach(receivedAt, () => {});
  expect(monotonic() - from).toBeGreaterThanOrEqual(least - 1);
});

test('at full speed nothing waits', () => {
  const pace = new Pace('full');
  expect(RECEIVED.map((receivedAt) => pace.waitFor(receivedAt))).toEqual([0, 0, 0, 0]);
});

test('a long pause ends at once when there is a reason to', async () => {
  const pace = new Pace(1);
  await pace.reach(0, () => {});
  const reason = new Error('a batch failed');
  await expect(
    pace.reach(86_400_000, () => {
      throw reason;
    }),
  ).rejects.toBe(reason);
});

test('a speed is real, full or a number above zero', () => {
  expect(['real', 'full', '10', '0.5'].map(readSpeed)).toEqual([1, 'full', 10, 0.5]);
  for (const text of ['', '0', '-1', 'fast', 'Infinity']) expect(() => readSpeed(text)).toThrow(UserError);
});
