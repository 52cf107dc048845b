import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type RunningSim, runSim } from '../ops/sim/run.ts';
import { type TestRedis, testRedis } from '../ops/testing/services.ts';
import { sleep } from '../shared/clock.ts';
import { loadConfig } from '../shared/config.ts';
import { Releasers } from '../shared/lifecycle.ts';
import { createLog } from '../shared/log.ts';
import { bookKey, pricesKey } from '../shared/prices/keys.ts';
import { type FeedStatus, listMetrics, listProcesses } from '../shared/queue/heartbeat.ts';
import { startProducer } from './producer.ts';

const log = createLog('test', 'fatal');
const releasers = new Releasers(log);
const home = mkdtempSync(join(tmpdir(), 'millrace-listing-'));
const [KEPT, LEAVING, UNKNOWN] = ['BTC/USDT', 'ETH/USDT', 'BTC/USDX'] as const;
let redis: TestRedis;
let sim: RunningSim;

beforeAll(async () => {
  redis = await testRedis();
  sim = await runSim({
    ...{ host: '127.0.0.1', port: 0, symbols: [KEPT, LEAVING], seed: 11, eventsPerSecond: 200 },
    ...{ folder: join(home, 'sim'), historyMs: 5_000, log },
  });
  const config = loadConfig({
    REDIS_URL: redis.url,
    SIM_URL: sim.url,
    SYMBOLS: [KEPT, LEAVING, UNKNOWN, 'BTC/USDT:USDT'].join(),
    LISTING_CHECK_SECONDS: '1',
    MILLRACE_HOME: home,
  });
  await startProducer(config, log, releasers, { entry: 'sim' });
});
afterAll(async () => {
  await releasers.close();
  await sim.close();
  await redis.close();
  rmSync(home, { recursive: true });
});

async function feedStatus(): Promise<FeedStatus | undefined> {
  const processes = await listProcesses(redis.redis, 'millrace');
  return processes.flatMap(({ feeds }) => feeds)[0];
}

async function until(condition: () => Promise<boolean>, what: string): Promise<void> {
  const deadline = Date.now() + 15_000;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`waited in vain until ${what}`);
    await sleep(20);
  }
}

const untilStatus = (condition: (status: FeedStatus) => boolean, what: string) =>
  until(async () => {
    const status = await feedStatus();
    return status !== undefined && condition(status);
  }, what);

const control = (orders: object) =>
  fetch(`${sim.url}/sim/control`, { method: 'POST', body: JSON.stringify(orders) });

async function lastTrade(symbol: string): Promise<number> {
  const text = await redis.redis.hget(pricesKey('millrace', 'sim', symbol), 'last');
  return text ? JSON.parse(text).ts : 0;
}

async function bookState(symbol: string): Promise<string | undefined> {
  const text = await redis.redis.get(bookKey('millrace', 'sim', symbol));
  return text ? JSON.parse(text).state : undefined;
}

async function keepsComing(symbol: string): Promise<void> {
  const before = await lastTrade(symbol);
  await until(async () => (await lastTrade(symbol)) > before, `${symbol} is traded`);
}

const unlisted = async (symbol: string) =>
  (await listMetrics(redis.redis, 'millrace'))
    .join('\n')
    .match(new RegExp(`^millrace_unlisted_symbols\\{.*symbol="${symbol}".*\\} (\\d)$`, 'm'))?.[1];

test('a symbol that the venue never had is named with what comes nearest, and the others are live', async () => {
  await untilStatus(({ state }) => state === 'live', 'the feed is live');
  const status = await feedStatus();
  expect(status?.symbols).toEqual([KEPT, LEAVING]);
  expect(status?.missing).toEqual([
    {
      symbol: UNKNOWN,
      reason:
        'SIM (simulated exchange) lists no BTC/USDX among its 2 symbols: did you mean BTC/USDT or ETH/USDT?',
    },
  ]);
  expect(status?.reason).toMatch(/lists no BTC\/USDX/);
  await keepsComing(KEPT);
  expect(await unlisted(UNKNOWN)).toBe('1');
});

test('one that is delisted while we run is given up and said; the other runs on; when it is back it is taken up', async () => {
  await until(async () => (await bookState(LEAVING)) === 'live', 'its book is live');
  await control({ delist: LEAVING });
  await untilStatus(({ missing }) => missing.some(({ symbol }) => symbol === LEAVING), 'it is missed');
  const status = await feedStatus();
  expect(status?.missing.find(({ symbol }) => symbol === LEAVING)?.reason).toBe(
    'SIM (simulated exchange) no longer lists ETH/USDT: its subscription has ended, and begins again when it is back',
  );
  expect(status).toMatchObject({ state: 'live', symbols: [KEPT], reconnects: 0 });
  await until(async () => (await bookState(LEAVING)) !== 'live', 'nobody trades on its book');
  await until(async () => (await unlisted(LEAVING)) === '1', 'it is counted');
  await keepsComing(KEPT);
  expect(await bookState(KEPT)).toBe('live');

  await control({ relist: LEAVING });
  await untilStatus(({ symbols }) => symbols.includes(LEAVING), 'it is listed again');
  await keepsComing(LEAVING);
  await until(async () => (await bookState(LEAVING)) === 'live', 'its book is live again');
  await until(async () => (await unlisted(LEAVING)) === '0', 'it counts no more');
  expect((await feedStatus())?.reconnects).toBe(0);
});
