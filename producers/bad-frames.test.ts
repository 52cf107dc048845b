import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type WebSocket, WebSocketServer } from 'ws';
import { type TestDatabase, type TestRedis, testDatabase, testRedis } from '../ops/testing/services.ts';
import { loadConfig } from '../shared/config.ts';
import { listBadFrames } from '../shared/db/bad-frames.ts';
import { listTrades } from '../shared/db/trades.ts';
import { Releasers } from '../shared/lifecycle.ts';
import { createLog } from '../shared/log.ts';
import { listMetrics } from '../shared/queue/heartbeat.ts';
import { archiveBatch } from '../workers/archive/archive-batch.ts';
import { keepBadFrames } from '../workers/maintenance/keep-bad-frames.ts';
import { startPool } from '../workers/pool/pool.ts';
import type { Handlers } from '../workers/pool/run-task.ts';
import { startProducer } from './producer.ts';

const log = createLog('test', 'fatal');
const releasers = new Releasers(log);
const home = mkdtempSync(join(tmpdir(), 'millrace-frames-'));
let db: TestDatabase;
let redis: TestRedis;
let server: WebSocketServer;
let connections = 0;

beforeAll(async () => {
  db = await testDatabase();
  redis = await testRedis();
  server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  server.on('connection', () => connections++);
  await once(server, 'listening');
});
afterAll(async () => {
  await releasers.close();
  for (const client of server.clients) client.terminate();
  server.close();
  await redis.close();
  await db.drop();
  rmSync(home, { recursive: true });
});

const trade = (id: number, fields: object = {}) =>
  JSON.stringify({
    stream: 'btcusdt@trade',
    data: {
      e: 'trade',
      E: Date.now(),
      s: 'BTCUSDT',
      t: id,
      p: '61684.01',
      q: '0.1',
      T: Date.now(),
      m: true,
      ...fields,
    },
  });

const MALFORMED = [
  trade(2).slice(0, 60),
  'no JSON at all',
  '',
  '[[[',
  `${'['.repeat(50_000)}${']'.repeat(50_000)}`,
  '{"__proto__":{"polluted":true}}',
  '{"stream":"btcusdt@trade","data":{"__proto__":{"e":"trade"},"constructor":1}}',
  trade(2, { p: 'NaN' }),
  trade(2, { p: '1e999' }),
  trade(2, { p: '-1' }),
  trade(2, { q: '0' }),
  trade(2, { q: 0.1 }),
  trade(2, { t: '2' }),
  trade(2, { T: 'yesterday' }),
  trade(2, { m: 'yes' }),
  trade(2, { s: { evil: true } }),
  '{"stream":"btcusdt@trade","data":null}',
  '\u0000\u0001\u0002',
  '42',
];

test('1,000 malformed frames are counted and kept with a reason; the connection lives and they leave no row', async () => {
  const { port } = server.address() as AddressInfo;
  const config = loadConfig({
    REDIS_URL: redis.url,
    TIMESCALEDB_URL: db.url,
    SIM_URL: `http://127.0.0.1:${port}`,
    SYMBOLS: 'BTC/USDT',
    MILLRACE_HOME: home,
  });
  const handlers = {
    archive_batch: archiveBatch,
    keep_bad_frames: keepBadFrames,
  } as Partial<Handlers> as Handlers;
  await startPool(config, log, releasers, handlers, { name: 'test', queues: ['archive', 'maintenance'] });
  const connected = once(server, 'connection') as Promise<[WebSocket]>;
  await startProducer(config, log, releasers, { entry: 'sim' });
  const [exchange] = await connected;
  await once(exchange, 'message');

  exchange.send(trade(1));
  for (let i = 0; i < 999; i++) exchange.send(MALFORMED[i % MALFORMED.length] as string);
  exchange.send(`{"e":"trade","x":"${'x'.repeat(10 * 2 ** 20)}"}`);
  exchange.send(trade(2));

  await until(
    async () => (await listTrades(db.sql, { venue: 'sim', symbol: 'BTC/USDT', limit: 10 })).length >= 2,
  );
  await until(async () => (await listBadFrames(db.sql, { venue: 'sim', limit: 2_000 })).length === 1_000);
  const kept = await listBadFrames(db.sql, { venue: 'sim', limit: 2_000 });
  expect(kept.filter(({ reason }) => reason.length < 5)).toEqual([]);
  expect(Math.max(...kept.map(({ head }) => head.length))).toBeLessThanOrEqual(2_000);
  expect(Math.max(...kept.map(({ bytes }) => bytes))).toBeGreaterThan(10 * 2 ** 20);
  const trades = await listTrades(db.sql, { venue: 'sim', symbol: 'BTC/USDT', limit: 10 });
  expect(trades.map(({ id }) => id)).toEqual(['2', '1']);
  expect(connections).toBe(1);
  expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
  await until(async () => countedBad(await listMetrics(redis.redis, 'millrace')) === 1_000);
});

/** The sum of the counter over all its reasons. */
function countedBad(texts: string[]): number {
  const samples = texts.join('\n').matchAll(/^millrace_bad_frames_total\{.*\} (\d+)$/gm);
  return [...samples].reduce((sum, [, count]) => sum + Number(count), 0);
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 15_000;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`did not come true: ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
