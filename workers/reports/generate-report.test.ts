import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type TestDatabase, type TestRedis, testDatabase, testRedis } from '../../ops/testing/services.ts';
import { loadConfig } from '../../shared/config.ts';
import { listOutbox } from '../../shared/db/outbox.ts';
import { findReport, listReports } from '../../shared/db/reports.ts';
import { findTask, taskRecord } from '../../shared/db/tasks.ts';
import { Releasers } from '../../shared/lifecycle.ts';
import { createLog } from '../../shared/log.ts';
import { submitTask } from '../../shared/queue/submit.ts';
import type { PoolDeps } from '../context.ts';
import { startPool } from '../pool/pool.ts';
import type { Handlers } from '../pool/run-task.ts';
import { generateReport } from './generate-report.ts';
import { tradingDay } from './trading-day.fixture.ts';

let db: TestDatabase;
let redis: TestRedis;
let pool: PoolDeps;
const releasers = new Releasers(createLog('test', 'fatal'));
const DAY = '2026-11-18';
const yesterday = () => new Date(Date.now() - 86_400_000).toISOString().slice(0, 10);
const today = () => new Date().toISOString().slice(0, 10);

beforeAll(async () => {
  db = await testDatabase();
  redis = await testRedis();
  const config = loadConfig({ REDIS_URL: redis.url, TIMESCALEDB_URL: db.url });
  const handlers = { generate_report: generateReport } as Handlers;
  pool = await startPool(config, createLog('test', 'fatal'), releasers, handlers, {
    name: 'test',
    queues: ['reports'],
  });
});
afterAll(async () => {
  await releasers.close();
  await redis.close();
  await db.drop();
});

test('a day without any data makes a report that says so, section by section', async () => {
  const { html } = await report('2026-11-01');
  for (const sentence of [
    'No account is open',
    'No order was placed',
    'No strategy gave a signal',
    'No trade was archived',
    'No candle was archived',
    'None: every frame could be read',
    'No recorded task ended',
  ])
    expect(html).toContain(sentence);
});

test('a trading day is reported with exact money, every section, and nothing that runs or is fetched', async () => {
  await tradingDay(db.sql, DAY);
  const { html, result } = await report(DAY);
  // Cash 100,000: buys 0.5 BTC at 60,000 (fee 30), sells at 61,000 (fee 30.5), buys 2 ETH at 3,000.1 (fee 6.0002).
  expect(result).toMatchObject({
    title: 'Daily report, Wednesday, 18 November 2026 (SIM, PAPER)',
    soFar: false,
    orders: 4,
    fills: 4,
    signals: 5,
    badFrames: 3,
    failedTasks: 1,
    accounts: [
      {
        autopilot: 'sim sma-cross',
        currency: 'USDT',
        openingEquity: '100000.00',
        realizedPnl: '500',
        fees: '66.5002',
      },
    ],
  });
  // 100,000 + 500 - 66.5002, and 2 ETH bought at 3,000.1 that close the day at 3,100.
  expect(result.accounts).toMatchObject([{ closingEquity: '100633.30' }]);
  expect(html).toContain('<svg');
  expect(html).not.toMatch(/<script|<link|@import|url\((?!#)|https?:\/\/(?!www\.w3\.org)|\son\w+="/i);
  expect(html).toContain('cut JSON: &lt;script&gt;alert(1)&lt;/script&gt;');
  expect(html).toContain('99.9 %');
});

test('made again it takes the place of the first, and the list has no pages', async () => {
  const again = await report(DAY);
  const reports = await listReports(db.sql);
  expect(reports.filter(({ day }) => day === DAY)).toHaveLength(1);
  expect(reports[0]).not.toHaveProperty('html');
  expect(await findReport(db.sql, again.result.reportId)).toMatchObject({ day: DAY, kind: 'daily' });
});

test('a day in progress is marked so far, one to come is refused', async () => {
  const { html, result } = await report(today());
  expect(result).toMatchObject({ soFar: true, title: expect.stringContaining('so far') });
  expect(html).toContain('day in progress');
  const task = await run({ day: '2099-01-01' });
  expect(task).toMatchObject({ state: 'FAILURE', attempts: 1, error: '2099-01-01 has not begun yet' });
});

test('the nightly run takes the day that ended last and writes its mail once, charts as PNG', async () => {
  expect(await listOutbox(db.sql)).toEqual([]);
  expect(await run({})).toMatchObject({ error: null, state: 'SUCCESS', progress: { done: 5, total: 5 } });
  await run({});
  const [mail, ...others] = await listOutbox(db.sql);
  expect(others).toEqual([]);
  expect(mail).toMatchObject({ key: `report:${yesterday()}`, kind: 'report', state: 'waiting' });
  expect(mail?.body).toContain('sim sma-cross: equity');
  const png = Buffer.from(mail?.html?.match(/src="data:image\/png;base64,([^"]+)"/)?.[1] ?? '', 'base64');
  expect(png.subarray(1, 4).toString()).toBe('PNG');
  expect(png.length).toBeGreaterThan(5_000);
});

async function report(day: string) {
  const task = await run({ day });
  expect(task).toMatchObject({ state: 'SUCCESS', attempts: 1 });
  const result = task.result as { reportId: number } & Record<string, unknown>;
  const { html } = (await findReport(db.sql, result.reportId)) ?? { html: '' };
  return { html, result };
}

async function run(payload: { day?: string }) {
  const id = await submitTask(taskRecord(db.sql), pool.queues, 'generate_report', payload);
  for (;;) {
    const task = await findTask(db.sql, id);
    if (task?.finishedAt) return task;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
