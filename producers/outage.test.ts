import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { countArchived, judge, type Stretch } from '../ops/chaos/oracle.ts';
import { startRedis } from '../ops/services/redis.ts';
import type { Service } from '../ops/services/service.ts';
import { type RunningSim, runSim } from '../ops/sim/run.ts';
import { type TestDatabase, testDatabase } from '../ops/testing/services.ts';
import { loadConfig } from '../shared/config.ts';
import { listGaps } from '../shared/db/gaps.ts';
import { findLastTrade } from '../shared/db/trades.ts';
import type { GapCause } from '../shared/domain/gap.ts';
import { Releasers } from '../shared/lifecycle.ts';
import { createLog } from '../shared/log.ts';
import { archiveBatch } from '../workers/archive/archive-batch.ts';
import { closeGap } from '../workers/history/close-gap.ts';
import { recordGap } from '../workers/history/record-gap.ts';
import { startPool } from '../workers/pool/pool.ts';
import type { Handlers } from '../workers/pool/run-task.ts';
import { startProducer } from './producer.ts';

/** A Redis of our own that dies and comes back while trades flow. */
const OF = { venue: 'sim', symbol: 'BTC/USDT' };
const log = createLog('test', 'fatal');
const pool = new Releasers(log);
const home = mkdtempSync(join(tmpdir(), 'millrace-outage-'));
let db: TestDatabase;
let sim: RunningSim;
let redis: Service;
let environment: Record<string, string>;

beforeAll(async () => {
  db = await testDatabase();
  mkdirSync(join(home, 'logs'));
  redis = await startRedis({ home, say: () => {} });
  sim = await runSim({
    symbols: [OF.symbol],
    seed: 3,
    eventsPerSecond: 3_000,
    folder: join(home, 'sim'),
    historyMs: 60_000,
    host: '127.0.0.1',
    port: 0,
    log,
  });
  environment = {
    REDIS_URL: redis.url,
    TIMESCALEDB_URL: db.url,
    SIM_URL: sim.url,
    SYMBOLS: OF.symbol,
    MILLRACE_HOME: home,
  };
  const handlers = {
    archive_batch: archiveBatch,
    record_gap: recordGap,
    close_gap: closeGap,
  } as Partial<Handlers> as Handlers;
  const queues = ['archive', 'gaps', 'history'] as const;
  await startPool(loadConfig(environment), log, pool, handlers, { name: 'test', queues: [...queues] });
});
afterAll(async () => {
  await sim.close();
  await pool.close();
  await redis.stop();
  await db.drop();
  rmSync(home, { recursive: true });
});

const KILLED = 'a Redis that is killed and comes back costs no trade';

test(`${KILLED}: they wait in the spool, and nothing need be fetched`, async () => {
  const causes = await outage({});
  expect(causes.filter((cause) => !['restart', 'crash', 'redis'].includes(cause))).toEqual([]);
});

test(`${KILLED}: without a spool memory holds some, what it sheds is fetched`, async () => {
  const causes = await outage({ SPOOL_MAX_MB: '0', BUFFER_MAX_EVENTS: '1000' });
  expect(causes).toContain('overflow');
});

test(`${KILLED}, even when the producer ends meanwhile and another takes its place`, async () => {
  await outage({}, { restart: true });
});

/** Runs a producer through an outage of 3,000 trades; returns the causes of its gaps. */
async function outage(settings: Record<string, string>, { restart = false } = {}): Promise<GapCause[]> {
  const config = loadConfig({ ...environment, ...settings });
  const start = async () => {
    const releasers = new Releasers(log);
    await startProducer(config, log, releasers, { entry: 'sim' });
    return releasers;
  };
  let producer = await start();
  await untilArchived(Date.now());
  const fromId = await lastIdOfSim();
  redis.kill();
  await redis.exited;
  await until(async () => (await lastIdOfSim()) - fromId > 3_000);
  if (restart) await producer.close();
  redis = await startRedis({ home, say: () => {} });
  if (restart) producer = await start();
  await untilArchived(Date.now());

  const wanted: Stretch = { symbol: OF.symbol, fromId, toId: await lastIdOfSim() };
  await until(async () => (await countArchived(db.sql, [wanted])) === wanted.toId - fromId + 1);
  expect(await judge(db.sql, sim.url, [wanted])).toMatchObject({ missing: 0, wrong: 0, duplicateRows: 0 });
  await producer.close();
  await until(async () => (await listGaps(db.sql, { state: 'open' })).length === 0);
  const gaps = await listGaps(db.sql, { limit: 1_000 });
  return gaps.filter(({ toId }) => Number(toId) > fromId).map(({ cause }) => cause);
}

const untilArchived = (since: number) =>
  until(async () => ((await findLastTrade(db.sql, OF))?.ts ?? 0) > since);

async function lastIdOfSim(): Promise<number> {
  const { markets } = (await (await fetch(`${sim.url}/sim/status`)).json()) as {
    markets: Record<string, { lastId: number }>;
  };
  return markets.BTCUSDT?.lastId ?? 0;
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 20_000;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`did not come true: ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
