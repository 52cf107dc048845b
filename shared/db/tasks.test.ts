import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type TestDatabase, testDatabase } from '../../ops/testing/services.ts';
import {
  findTask,
  listUnfinishedTasks,
  saveOutcome,
  saveProgress,
  saveStarted,
  taskRecord,
} from './tasks.ts';

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db.drop());

const task = {
  id: 'task-a',
  name: 'generate_report',
  queue: 'reports',
  payload: { day: '2026-11-20' },
} as const;

test('a task goes PENDING, STARTED, PROGRESS, RETRY, STARTED, SUCCESS and keeps its result', async () => {
  const { sql } = db;
  expect(await taskRecord(sql).add(task)).toBe(true);
  expect((await findTask(sql, 'task-a'))?.state).toBe('PENDING');
  await saveStarted(sql, { ...task, worker: 'one' });
  await saveProgress(sql, 'task-a', { done: 1, total: 2, note: 'half' });
  expect(await findTask(sql, 'task-a')).toMatchObject({
    state: 'PROGRESS',
    progress: { done: 1, total: 2, note: 'half' },
  });
  await saveOutcome(sql, 'task-a', { state: 'RETRY', error: 'no network' });
  expect(await findTask(sql, 'task-a')).toMatchObject({
    state: 'RETRY',
    finishedAt: null,
    error: 'no network',
  });
  await saveStarted(sql, { ...task, worker: 'two' });
  await saveOutcome(sql, 'task-a', { state: 'SUCCESS', result: { pages: 3 } });
  expect(await findTask(sql, 'task-a')).toMatchObject({
    state: 'SUCCESS',
    result: { pages: 3 },
    attempts: 2,
    error: null,
  });
  const history = (await findTask(sql, 'task-a'))?.history ?? [];
  expect(history.map(({ state }) => state)).toEqual([
    'PENDING',
    'STARTED',
    'PROGRESS',
    'RETRY',
    'STARTED',
    'SUCCESS',
  ]);
  expect(history.every(({ at }) => Math.abs(at - Date.now()) < 60_000)).toBe(true);
});

test('a second submission, a late failure and a second start change nothing of a task that succeeded', async () => {
  const { sql } = db;
  expect(await taskRecord(sql).add(task)).toBe(false);
  await saveOutcome(sql, 'task-a', { state: 'FAILURE', error: 'late' });
  expect(await saveStarted(sql, { ...task, worker: 'three' })).toMatchObject({
    state: 'SUCCESS',
    result: { pages: 3 },
  });
  expect(await listUnfinishedTasks(sql, 0)).toEqual([]);
});
