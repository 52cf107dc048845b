import { existsSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { loadConfig } from '../shared/config.ts';
import { listSignals } from '../shared/db/signals.ts';
import { findVenue } from '../shared/exchanges/venues.ts';
import { Releasers } from '../shared/lifecycle.ts';
import { createLog } from '../shared/log.ts';
import { archiveBatch } from '../workers/archive/archive-batch.ts';
import { evaluateCandles } from '../workers/inference/evaluate-candles.ts';
import { startPool } from '../workers/pool/pool.ts';
import type { Handlers } from '../workers/pool/run-task.ts';
import { Replay } from './replay.ts';
import { type TestDatabase, type TestRedis, testDatabase, testRedis } from './testing/services.ts';

const RECORDING = '../shared/data/binance-spot-btcusdt.txt.gz';
const withRecording = existsSync(RECORDING) ? test : test.skip;
const said = existsSync(RECORDING) ? '' : ` (skipped: ${RECORDING} is not there)`;
const log = createLog('test', 'fatal');
const releasers = new Releasers(log);
let db: TestDatabase;
let redis: TestRedis;

beforeAll(async () => {
  db = await testDatabase();
  redis = await testRedis();
  const handlers = {
    archive_batch: archiveBatch,
    evaluate_candles: evaluateCandles,
  } as Partial<Handlers> as Handlers;
  const config = loadConfig({ REDIS_URL: redis.url, TIMESCALEDB_URL: db.url });
  await startPool(config, log, releasers, handlers, { name: 'test', queues: ['archive', 'inference'] });
});
afterAll(async () => {
  await releasers.close();
  await redis.close();
  await db.drop();
});

withRecording(
  `a recording's trades are archived exactly, and once however often it is replayed${said}`,
  async () => {
    const expected = {
      frames: 41_249,
      tradesSent: 9_757,
      badFrames: 0,
      symbols: {
        'BTC/USDT': { rows: 9_757, totalSize: '212.03315', firstId: '3735683259', lastId: '3735693015' },
      },
    };
    const first = await replay();
    expect(first).toMatchObject({ ...expected, newRows: { trades: 9_757 } });
    expect(first.newRows.books).toBeGreaterThan(300);
    expect(await replay()).toMatchObject({ ...expected, newRows: { trades: 0, candles: 0, books: 0 } });
    expect(await listSignals(db.sql, {})).toHaveLength(0);
  },
);

async function replay() {
  const own = new Releasers(log);
  const config = { ...loadConfig({}), REDIS_URL: redis.url, TIMESCALEDB_URL: db.url };
  try {
    return await new Replay(config, findVenue('binance'), log, own).run(RECORDING, () => {});
  } finally {
    await own.close();
  }
}
