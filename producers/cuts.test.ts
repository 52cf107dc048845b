import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { judge } from '../ops/chaos/oracle.ts';
import { type RunningSim, runSim } from '../ops/sim/run.ts';
import { type TestDatabase, type TestRedis, testDatabase, testRedis } from '../ops/testing/services.ts';
import { loadConfig } from '../shared/config.ts';
import { listCoverage } from '../shared/db/coverage.ts';
import { type GapRow, listGaps } from '../shared/db/gaps.ts';
import { findLastTrade } from '../shared/db/trades.ts';
import { Releasers } from '../shared/lifecycle.ts';
import { createLog } from '../shared/log.ts';
import { handlers } from '../workers/handlers.ts';
import { startPool } from '../workers/pool/pool.ts';
import { startProducer } from './producer.ts';

/** Cuts of the connection to the simulated exchange, and what the ledger says of them. */
const SYMBOLS = ['BTC/USDT', 'ETH/USDT', 'SOL/USDT'];
const CUTS = 4;
const log = createLog('test', 'fatal');
const releasers = new Releasers(log);
const folder = mkdtempSync(join(tmpdir(), 'millrace-cuts-'));
let db: TestDatabase;
let redis: TestRedis;
let sim: RunningSim;

beforeAll(async () => {
  db = await testDatabase();
  redis = await testRedis();
  sim = await runSim({
    symbols: SYMBOLS,
    seed: 9,
    eventsPerSecond: 300,
    folder,
    historyMs: 60_000,
    host: '127.0.0.1',
    port: 0,
    log,
  });
  const config = loadConfig({
    REDIS_URL: redis.url,
    TIMESCALEDB_URL: db.url,
    SIM_URL: sim.url,
    SYMBOLS: SYMBOLS.join(),
    MILLRACE_HOME: folder,
  });
  const queues = ['archive', 'gaps', 'history', 'maintenance'] as const;
  await startPool(config, log, releasers, handlers, { name: 'test', queues: [...queues] });
  await startProducer(config, log, releasers, { entry: 'sim' });
  await untilMoved();
});
afterAll(async () => {
  await sim.close();
  await releasers.close();
  await redis.close();
  await db.drop();
  rmSync(folder, { recursive: true });
});

test('a first start is no gap: the record of each symbol begins there', async () => {
  expect(await listGaps(db.sql)).toEqual([]);
  const rows = await db.sql`SELECT 1 FROM instruments WHERE recorded_from IS NOT NULL`;
  expect(rows).toHaveLength(SYMBOLS.length);
});

test('every cut has one row for each symbol, closed, and no trade is missing or twice', async () => {
  for (let cut = 1; cut <= CUTS; cut++) {
    await fetch(`${sim.url}/sim/control`, { method: 'POST', body: JSON.stringify({ cut: true }) });
    await until(async () => (await listGaps(db.sql)).length === cut * SYMBOLS.length);
  }
  await untilMoved();
  await until(async () => (await listGaps(db.sql)).every(({ state }) => state === 'closed'));
  const rows = await listGaps(db.sql);
  expect(rows.map(({ cause }) => cause)).toEqual(rows.map(() => 'disconnect'));
  for (const symbol of SYMBOLS) {
    const own = rows.filter((row) => row.symbol === symbol).reverse();
    expect(own).toHaveLength(CUTS);
    own.forEach((row, at) => {
      expect(Number(row.fromId)).toBeGreaterThanOrEqual(Number(own[at - 1]?.toId ?? 0));
      expect(row.missing).toBe(row.filled);
    });
  }
  expect(await judge(db.sql, sim.url, await stretches())).toMatchObject({
    ...{ missing: 0, wrong: 0, duplicateRows: 0 },
  });
  const today = Math.floor(Date.now() / 86_400_000) * 86_400_000;
  const coverage = await listCoverage(db.sql, { from: today, to: today }, Date.now());
  expect(coverage.map(({ share, closed }) => [share, closed])).toEqual(SYMBOLS.map(() => [1, CUTS]));
});

/** What is archived of each symbol, from end to end. */
async function stretches() {
  const rows = await db.sql<{ symbol: string; fromId: number; toId: number }[]>`
    SELECT symbol, min(trade_id::bigint) AS from_id, max(trade_id::bigint) AS to_id
    FROM trades JOIN instruments ON id = instrument_id GROUP BY symbol`;
  return [...rows];
}

/** Until trades that happen from now on are archived. */
async function untilMoved(): Promise<void> {
  const since = Date.now();
  for (const symbol of SYMBOLS) {
    await until(async () => ((await findLastTrade(db.sql, { venue: 'sim', symbol }))?.ts ?? 0) > since);
  }
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 20_000;
  while (!(await condition())) {
    if (Date.now() > deadline) {
      const open: GapRow[] = await listGaps(db.sql, { state: 'open' });
      throw new Error(`did not come true: ${condition}, open: ${JSON.stringify(open)}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
