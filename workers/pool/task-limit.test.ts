import { getEventListeners } from 'node:events';
import { expect, test } from '@jest/globals';
import { TaskLimit } from './task-limit.ts';

test('a cause ends the task, also one that was there before; the time limit is told apart', async () => {
  const [pool, lock] = [new AbortController(), new AbortController()];
  const limit = new TaskLimit(60_000, [pool.signal, lock.signal]);
  expect(limit.signal.aborted).toBe(false);
  lock.abort();
  expect([limit.signal.aborted, limit.isTimeUp]).toEqual([true, false]);
  limit.release();
  const late = new TaskLimit(60_000, [lock.signal]);
  expect(late.signal.aborted).toBe(true);
  late.release();

  const short = new TaskLimit(1, [pool.signal]);
  await new Promise((resolve) => short.signal.addEventListener('abort', resolve));
  expect(short.isTimeUp).toBe(true);
  short.release();
});

test('a task that is over leaves nothing on a signal that lives on', () => {
  const pool = new AbortController();
  for (let task = 0; task < 100; task++) new TaskLimit(60_000, [pool.signal]).release();
  expect(getEventListeners(pool.signal, 'abort')).toHaveLength(0);
});
