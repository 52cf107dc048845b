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
import { listTasks } from '../shared/db/tasks.ts';
import { findLastTrade } from '../shared/db/trades.ts';
import { Releasers } from '../shared/lifecycle.ts';
import { createLog } from '../shared/log.ts';
import { archiveBatch } from '../workers/archive/archive-batch.ts';
import { backfillTrades } from '../workers/history/backfill-trades.ts';
import { startPool } from '../workers/pool/pool.ts';
import type { Handlers } from '../workers/pool/run-task.ts';
import { startProducer } from './producer.ts';

/** A Redis of our own that dies and comes back, while a small memory makes the producer leave trades out. */
const OF = { venue: 'sim', symbol: 'BTC/USDT' };
const log = createLog('test', 'fatal');
const releasers = new Releasers(log);
const home = mkdtempSync(join(tmpdir(), 'millrace-outage-'));
let db: TestDatabase;
let sim: RunningSim;
let redis: Service;

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
  const config = loadConfig({
    REDIS_URL: redis.url,
    TIMESCALEDB_URL: db.url,
    SIM_URL: sim.url,
    SYMBOLS: OF.symbol,
    BUFFER_MAX_EVENTS: '1000',
  });
  const handlers = {
    archive_batch: archiveBatch,
    backfill_trades: backfillTrades,
  } as Partial<Handlers> as Handlers;
  await startPool(config, log, releasers, handlers, { name: 'test', queues: ['archive', 'history'] });
  await startProducer(config, log, releasers, { venue: 'sim' });
});
afterAll(async () => {
  await sim.close();
  await releasers.close();
  await redis.stop();
  await db.drop();
  rmSync(home, { recursive: true });
});

test('a Redis that is killed and comes back costs no trade: what memory held flows, what it shed is fetched', async () => {
  await until(async () => (await findLastTrade(db.sql, OF)) !== undefined);
  const [first] = await db.sql`SELECT min(trade_id::bigint) AS id FROM trades`;
  redis.kill();
  await redis.exited;
  const before = await lastIdOfSim();
  await until(async () => (await lastIdOfSim()) - before > 3_000);
  redis = await startRedis({ home, say: () => {} });
  const since = Date.now();
  await until(async () => ((await findLastTrade(db.sql, OF))?.ts ?? 0) > since);

  const wanted: Stretch[] = [{ symbol: OF.symbol, fromId: first?.id, toId: await lastIdOfSim() }];
  const size = (wanted[0]?.toId ?? 0) - first?.id + 1;
  await until(async () => (await countArchived(db.sql, wanted)) === size);
  expect(await judge(db.sql, sim.url, wanted)).toMatchObject({ missing: 0, wrong: 0, duplicateRows: 0 });
  const causes = (await listTasks(db.sql, { name: 'backfill_trades' })).map(({ payload }) => payload.cause);
  expect(causes).toContain('trades missed');
});

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
