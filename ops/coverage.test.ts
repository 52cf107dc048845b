import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { saveRecordedFrom } from '../shared/db/instruments.ts';
import { addMarketFacts } from '../shared/db/market.ts';
import { Columns } from '../shared/tasks/columns.ts';
import { type TestDatabase, testDatabase } from './testing/services.ts';

const DAY = 86_400_000;
const TODAY = Math.floor(Date.now() / DAY) * DAY;
let db: TestDatabase;

beforeAll(async () => {
  db = await testDatabase();
  const columns = new Columns('kraken', 'live');
  const trade = {
    type: 'trade',
    venue: 'kraken',
    symbol: 'BTC/USD',
    price: '1',
    size: '1',
    side: 'buy',
  } as const;
  for (const ts of [TODAY - DAY / 2, Date.now()])
    columns.trade({ ...trade, id: `${ts}`, ts, receivedAt: ts });
  await addMarketFacts(db.sql, columns.build());
  await saveRecordedFrom(db.sql, { venue: 'kraken', symbol: 'BTC/USD', at: TODAY - DAY / 2 });
});
afterAll(() => db.drop());

const coverage = (...args: string[]) =>
  promisify(execFile)(
    process.execPath,
    ['--import', './ops/testing/typescript.mjs', 'ops/main.ts', 'coverage', ...args],
    { env: { ...process.env, NODE_OPTIONS: '', TIMESCALEDB_URL: db.url } },
  );

test('a line for each day: how complete it is, or that it is not recorded', async () => {
  const { stdout } = await coverage('--venue', 'kraken');
  const lines = stdout.trim().split('\n');
  expect(lines).toHaveLength(8);
  expect(lines[0]).toMatch(
    /^venue +symbol +day +complete +trades +open +unfillable +closed +missing +filled$/,
  );
  expect(lines[5]).toContain('not recorded');
  expect(lines[6]).toMatch(/^kraken +BTC\/USD +\d{4}-\d\d-\d\d +100\.000 % +1 +0 +0 +0 +0 +0$/);
});

test('as JSON, of the days that are asked for', async () => {
  const day = new Date(TODAY - DAY).toISOString().slice(0, 10);
  const { stdout } = await coverage('--from', day, '--to', day, '--json');
  expect(JSON.parse(stdout)).toMatchObject([
    { venue: 'kraken', day, share: 1, recordedMs: DAY / 2, trades: 1 },
  ]);
});

test('a venue or symbol that was never recorded is an error that names what was', async () => {
  for (const unknown of [
    ['--venue', 'foo'],
    ['--symbol', 'FOO/BAR'],
  ]) {
    await expect(coverage(...unknown)).rejects.toMatchObject({
      ...{ code: 2, stderr: expect.stringContaining('was ever recorded: there is kraken BTC/USD') },
    });
  }
});

test('what is no day, or upside down, is said in one sentence', async () => {
  await expect(coverage('--from', 'monday')).rejects.toMatchObject({
    ...{ code: 2, stderr: expect.stringContaining('--from monday is not valid') },
  });
  await expect(coverage('--from', '2026-11-21', '--to', '2026-11-20')).rejects.toMatchObject({ code: 2 });
});
