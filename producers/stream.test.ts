import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { countArchived, judge, type Stretch } from '../ops/chaos/oracle.ts';
import { type RunningSim, runSim } from '../ops/sim/run.ts';
import { type TestDatabase, type TestRedis, testDatabase, testRedis } from '../ops/testing/services.ts';
import { loadConfig } from '../shared/config.ts';
import { listGaps } from '../shared/db/gaps.ts';
import { findLastTrade } from '../shared/db/trades.ts';
import type { GapCause } from '../shared/domain/gap.ts';
import { Releasers } from '../shared/lifecycle.ts';
import { createLog } from '../shared/log.ts';
import { archiveBatch } from '../workers/archive/archive-batch.ts';
import { bootstrap } from '../workers/history/bootstrap.ts';
import { closeGap } from '../workers/history/close-gap.ts';
import { recordGap } from '../workers/history/record-gap.ts';
import { startPool } from '../workers/pool/pool.ts';
import type { Handlers } from '../workers/pool/run-task.ts';

/** A producer process on the simulated exchange, a pool, and what may go wrong between them. */
const SYMBOLS = ['BTC/USDT', 'ETH/USDT'];
const log = createLog('test', 'fatal');
const releasers = new Releasers(log);
const folder = mkdtempSync(join(tmpdir(), 'millrace-stream-'));
let db: TestDatabase;
let redis: TestRedis;
let sim: RunningSim;
let environment: Record<string, string>;
let producer: ChildProcess;
const firstIds = new Map<string, number>();

beforeAll(async () => {
  db = await testDatabase();
  redis = await testRedis();
  sim = await runSim({
    symbols: SYMBOLS,
    seed: 7,
    eventsPerSecond: 1_500,
    folder,
    historyMs: 60_000,
    host: '127.0.0.1',
    port: 0,
    log,
  });
  environment = {
    REDIS_URL: redis.url,
    TIMESCALEDB_URL: db.url,
    SIM_URL: sim.url,
    SYMBOLS: SYMBOLS.join(),
    MILLRACE_HOME: folder,
  };
  const handlers = {
    archive_batch: archiveBatch,
    record_gap: recordGap,
    close_gap: closeGap,
    bootstrap,
  } as Partial<Handlers> as Handlers;
  const config = loadConfig(environment);
  await startPool(config, log, releasers, handlers, { name: 'test', queues: ['archive', 'gaps', 'history'] });
  producer = await startProducer();
  await untilMoved();
  for (const { symbol, fromId } of await stretches(() => 0)) firstIds.set(symbol, fromId);
});
afterAll(async () => {
  producer.kill('SIGKILL');
  await sim.close();
  await releasers.close();
  await redis.close();
  await db.drop();
  rmSync(folder, { recursive: true });
});

test('a feed that runs leaves no trade out, archives candles of both intervals and writes prices', async () => {
  await expectNothingLost();
  await until(async () => (await db.sql`SELECT DISTINCT interval FROM candles`).length === 2);
  await until(async () => (await db.sql`SELECT 1 FROM book_snapshots LIMIT 1`).length === 1);
  expect(await redis.redis.hget('millrace:prices:sim:BTC/USDT', 'last')).toContain('"price"');
});

test('a producer killed with -9 and started again leaves no trade out', async () => {
  producer.kill('SIGKILL');
  await once(producer, 'exit');
  producer = await startProducer();
  await untilMoved();
  await expectNothingLost();
  expect(await causes()).toContain('crash');
});

test('a producer that is stopped and started again leaves none out either, and is called no crash', async () => {
  const before = (await causes()).filter((cause) => cause === 'crash').length;
  producer.kill('SIGTERM');
  await once(producer, 'exit');
  producer = await startProducer();
  await untilMoved();
  await expectNothingLost();
  const after = await causes();
  expect(after).toContain('restart');
  expect(after.filter((cause) => cause === 'crash')).toHaveLength(before);
});

test('a cut connection and dropped frames leave no trade out', async () => {
  await control({ cut: true, dropTradeEvery: 40 });
  await untilMoved();
  await untilMoved();
  await control({ dropTradeEvery: 0 });
  await untilMoved();
  await expectNothingLost();
  expect(await causes()).toEqual(expect.arrayContaining(['disconnect', 'sequence']));
});

test('an emptied Redis under a running producer leaves no trade out', async () => {
  await emptyRedis();
  await untilMoved();
  await expectNothingLost();
  await until(async () => (await causes()).includes('redis'));
});

test('an emptied Redis while the producer is away leaves no trade out', async () => {
  producer.kill('SIGKILL');
  await once(producer, 'exit');
  await emptyRedis();
  producer = await startProducer();
  await untilMoved();
  await expectNothingLost();
});

async function startProducer(): Promise<ChildProcess> {
  const args = ['--import', './ops/testing/typescript.mjs', 'ops/main.ts', 'producer', '--venue', 'sim'];
  const child = spawn(process.execPath, args, {
    env: { ...process.env, NODE_OPTIONS: '', ...environment, LOG_LEVEL: 'warn' },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  await once(child, 'message');
  return child;
}

async function control(orders: object): Promise<void> {
  const answer = await fetch(`${sim.url}/sim/control`, { method: 'POST', body: JSON.stringify(orders) });
  expect(answer.status).toBe(200);
}

/** Keeps the claim on the logical database. */
async function emptyRedis(): Promise<void> {
  await redis.redis.multi().flushdb().set('millrace-test-claim', process.pid).exec();
}

/** Every trade of the ledger, from the first archived one to the newest now, is archived, once and right. */
async function expectNothingLost(): Promise<void> {
  const wanted = await stretches((symbol) => firstIds.get(symbol));
  const size = wanted.reduce((sum, { fromId, toId }) => sum + toId - fromId + 1, 0);
  await until(
    async () => (await countArchived(db.sql, wanted)) === size,
    async () =>
      JSON.stringify({
        ...{ wanted, size, archived: await countArchived(db.sql, wanted) },
        open: await listGaps(db.sql, { state: 'open' }),
      }),
  );
  expect(await judge(db.sql, sim.url, wanted)).toMatchObject({
    ledgerTrades: size,
    missing: 0,
    wrong: 0,
    duplicateRows: 0,
  });
}

async function stretches(firstOf: (symbol: string) => number | undefined): Promise<Stretch[]> {
  const { markets } = (await (await fetch(`${sim.url}/sim/status`)).json()) as {
    markets: Record<string, { symbol: string; lastId: number }>;
  };
  const found = Object.values(markets).map(async ({ symbol, lastId }) => {
    const [row] =
      await db.sql`SELECT min(trade_id::bigint) AS first FROM trades JOIN instruments ON id = instrument_id
      WHERE symbol = ${symbol}`;
    return { symbol, fromId: firstOf(symbol) || Number(row?.first), toId: lastId };
  });
  return Promise.all(found);
}

/** Until trades that happen from now on are archived. */
async function untilMoved(): Promise<void> {
  const since = Date.now();
  for (const symbol of SYMBOLS) {
    await until(async () => ((await findLastTrade(db.sql, { venue: 'sim', symbol }))?.ts ?? 0) > since);
  }
}

/** Why there were gaps, once all of them are closed. */
async function causes(): Promise<GapCause[]> {
  await until(
    async () => (await listGaps(db.sql, { state: 'open' })).length === 0,
    async () => JSON.stringify(await listGaps(db.sql, { state: 'open' })),
  );
  expect(await listGaps(db.sql, { state: 'unfillable' })).toEqual([]);
  return (await listGaps(db.sql, { limit: 10_000 })).map(({ cause }) => cause);
}

async function until(condition: () => Promise<boolean>, explain?: () => Promise<string>): Promise<void> {
  const deadline = Date.now() + 15_000;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`did not come true: ${(await explain?.()) ?? condition}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
