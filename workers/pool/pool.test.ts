import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import type { Job } from 'bullmq';
import { type TestDatabase, type TestRedis, testDatabase, testRedis } from '../../ops/testing/services.ts';
import { loadConfig } from '../../shared/config.ts';
import { findTask, taskRecord } from '../../shared/db/tasks.ts';
import { RejectError } from '../../shared/errors.ts';
import { Releasers } from '../../shared/lifecycle.ts';
import { createLog } from '../../shared/log.ts';
import { listProcesses } from '../../shared/queue/heartbeat.ts';
import { submitTask } from '../../shared/queue/submit.ts';
import type { QueueName, TaskState } from '../../shared/tasks/define.ts';
import type { PoolDeps } from '../context.ts';
import { startPool } from './pool.ts';
import { type Handlers, runTask } from './run-task.ts';

let db: TestDatabase;
let redis: TestRedis;
let releasers: Releasers;
const log = createLog('test', 'fatal');

beforeAll(async () => {
  db = await testDatabase();
  redis = await testRedis();
});
afterEach(() => releasers.close());
afterAll(async () => {
  await redis.close();
  await db.drop();
});

test('a recorded task keeps its progress and result after Redis has forgotten', async () => {
  const deps = await pool({
    generate_report: async (_payload, context) => {
      await context.progress(1, 2, 'drawing');
      return { pages: 3 };
    },
  });
  const id = await submit(deps, {});
  await untilState(id, 'SUCCESS');
  await redis.redis.flushdb();
  expect(await findTask(db.sql, id)).toMatchObject({
    state: 'SUCCESS',
    progress: { done: 1, total: 2, note: 'drawing' },
    result: { pages: 3 },
    attempts: 1,
    error: null,
    worker: 'test',
  });
});

test('a handler that fails is tried again, and its RETRY is on record', async () => {
  const seen: (TaskState | undefined)[] = [];
  const deps = await pool({
    bootstrap: async (_payload, context) => {
      if (context.attempt > 1) seen.push((await findTask(db.sql, context.id))?.state);
      if (context.attempt < 3) throw new Error('no network');
      return 'done';
    },
  });
  const at = 1_700_000_000_000;
  const payload = { venue: 'sim', symbol: 'BTC/USDT', interval: '1m', from: at, to: at } as const;
  const id = await submitTask(taskRecord(db.sql), deps.queues, 'bootstrap', payload);
  await untilState(id, 'SUCCESS');
  expect(seen).toEqual(['STARTED', 'STARTED']);
  expect(await findTask(db.sql, id)).toMatchObject({ attempts: 3, result: 'done' });
});

test('a rejected input fails at once with its reason, whatever attempts are left', async () => {
  const deps = await pool({
    generate_report: async () => {
      throw new RejectError('no such day');
    },
  });
  const id = await submit(deps, {});
  await untilState(id, 'FAILURE');
  expect(await findTask(db.sql, id)).toMatchObject({ attempts: 1, error: 'no such day' });
});

test('a bad payload does not get into a queue, and names the field', async () => {
  const deps = await pool({});
  await expect(submit(deps, { day: 'yesterday' })).rejects.toThrow('generate_report: day: must be a day');
});

test('a job that is delivered twice runs once and answers the kept result', async () => {
  let runs = 0;
  const deps = await pool({ generate_report: async () => ++runs });
  const id = await submit(deps, {});
  await untilState(id, 'SUCCESS');
  await (await deps.queues.get('reports').getJob(id))?.remove();
  const job = await deps.queues.enqueue('generate_report', {}, { id });
  await until(async () => (await job.getState()) === 'completed');
  expect(runs).toBe(1);
});

test('a job of a name that is not in the catalogue fails with that reason', async () => {
  const deps = await pool({});
  const job = await deps.queues.get('reports').add('mine_bitcoin', {});
  await until(async () => (await job.getState()) === 'failed');
  const failed = await deps.queues.get('reports').getJob(job.id ?? '');
  expect(failed?.failedReason).toBe('no such task in the catalogue: mine_bitcoin');
});

test('a pool that drains lets a running task end, then leaves the list of processes', async () => {
  let began = () => {};
  const running = new Promise<void>((resolve) => {
    began = resolve;
  });
  let end = () => {};
  const deps = await pool({
    generate_report: () => {
      began();
      return new Promise((resolve) => {
        end = () => resolve('ended');
      });
    },
  });
  const id = await submit(deps, {});
  await running;
  await until(async () => (await listProcesses(redis.redis, 'millrace')).length === 1);
  const closing = releasers.close();
  end();
  await closing;
  expect(await findTask(db.sql, id)).toMatchObject({ state: 'SUCCESS', result: 'ended' });
  expect(await listProcesses(redis.redis, 'millrace')).toEqual([]);
});

test('a task whose lock is lost before it began is not begun: nothing fails behind its back', async () => {
  const deps = await pool({});
  let runs = 0;
  const handlers = { bootstrap: async () => runs++ } as unknown as Handlers;
  const at = 1_700_000_000_000;
  const job = { name: 'bootstrap', id: 'late', attemptsStarted: 1 } as Job;
  job.data = { venue: 'sim', symbol: 'BTC/USDT', interval: '1m', from: at, to: at };
  const lost = AbortSignal.abort();
  await expect(runTask(deps, handlers, 'test', job, [lost])).rejects.toThrow('interrupted');
  expect(runs).toBe(0);
});

test('an emptied Redis gets its timetable and the limit of its shards back within seconds', async () => {
  const deps = await pool({ sweep: async () => {} }, ['maintenance', 'archive']);
  const isThere = async () =>
    (await deps.queues.get('maintenance').getJobScheduler('sweep')) !== undefined &&
    (await deps.queues.get('archive-1').getGlobalConcurrency()) === 1;
  await until(isThere);
  await redis.redis.flushdb();
  await until(isThere);
});

test('a pool takes signals only while it holds a lease, and then in their order', async () => {
  const taken: number[] = [];
  const deps = await pool({ execute_signal: async ({ signalId }) => taken.push(signalId) });
  const enqueue = (signalId: number) => deps.queues.enqueue('execute_signal', { signalId });
  const lease = { key: 'autopilot:a', token: 1, check() {} };
  for (const signalId of [1, 2, 3]) await enqueue(signalId);
  await until(async () => (await listProcesses(redis.redis, 'millrace')).length === 1);
  expect(taken).toEqual([]);
  deps.leases.set(lease.key, lease);
  await until(async () => taken.length === 3);
  deps.leases.delete(lease.key);
  deps.leases.set(lease.key, lease);
  await enqueue(4);
  await until(async () => taken.length === 4);
  expect(taken).toEqual([1, 2, 3, 4]);
});

function pool(
  handlers: Partial<Handlers>,
  queues: QueueName[] = ['reports', 'history', 'execution'],
): Promise<PoolDeps> {
  const config = loadConfig({ REDIS_URL: redis.url, TIMESCALEDB_URL: db.url });
  releasers = new Releasers(log);
  return startPool(config, log, releasers, handlers as Handlers, {
    name: 'test',
    queues,
  });
}

function submit(deps: PoolDeps, payload: { day?: string }): Promise<string> {
  return submitTask(taskRecord(db.sql), deps.queues, 'generate_report', payload);
}

const untilState = (id: string, state: TaskState) =>
  until(async () => (await findTask(db.sql, id))?.state === state);

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 20));
}
