import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Redis } from 'ioredis';
import { ROOT } from '../migrations.ts';
import { startRedis } from '../services/redis.ts';
import { freePort, type Service } from '../services/service.ts';

let home: string;
let redis: Service;
let taken: Server;

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'millrace-up-'));
  redis = await startRedis({ home, say: () => {} });
  taken = createServer().listen(0, '127.0.0.1');
});
afterAll(async () => {
  taken.close();
  await redis.stop();
  rmSync(home, { recursive: true, force: true });
});

/** Runs `millrace up` until it gives up. */
function up(settings: Record<string, string>): Promise<{ code: number | null; stderr: string }> {
  const child = spawn(process.execPath, [join(ROOT, 'ops/bin/millrace.mjs'), 'up'], {
    cwd: home,
    env: { PATH: process.env.PATH, MILLRACE_HOME: join(home, 'cluster'), ...settings },
  });
  let stderr = '';
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, stderr })));
}

/** One sentence that names the setting, exit code 2, no stack trace. */
async function expectRefusal(settings: Record<string, string>, sentence: RegExp) {
  const { code, stderr } = await up(settings);
  const said = stderr.split('\n').filter((line) => line && !/building|dependencies|waiting/.test(line));
  expect(said).toEqual([expect.stringMatching(sentence)]);
  expect(code).toBe(2);
}

test('an exchange that does not exist', () =>
  expectRefusal(
    { SUPPORTED_EXCHANGES: 'sim,nosuch' },
    /SUPPORTED_EXCHANGES=sim,nosuch .* choose from .*sim/,
  ));

test('a strategy that does not exist', () =>
  expectRefusal({ STRATEGIES: 'magic' }, /STRATEGIES=magic: .*sma-cross or flow-cross/));
test('a port that is no number', () => expectRefusal({ PORT: 'notaport' }, /PORT=notaport .*whole number/));

test.each([
  [{ PORT: '70000' }, /PORT=70000 .*whole number from 1 to 65535/],
  [{ INTERVALS: '7s' }, /INTERVALS=7s .* has no 7s candles, use some of 1s, 1m/],
  [{ ORDER_FRACTION: '5' }, /ORDER_FRACTION=5 .*above 0 and at most 1/],
  [{ PAPER_FEE: '1' }, /PAPER_FEE=1 .*below 1/],
  [{ MAIL_TO: 'nobody' }, /MAIL_TO=nobody .*mail addresses/],
  [{ LOG_LEVEL: 'loud' }, /LOG_LEVEL=loud .*one of trace, debug/],
] as [Record<string, string>, RegExp][])('a value that is out of bounds: %j', expectRefusal);

test('a port in use', () => {
  const { port } = taken.address() as { port: number };
  return expectRefusal({ PORT: String(port) }, new RegExp(`PORT=${port} is in use .* choose another`));
});

test('a Redis that can not be reached', async () =>
  expectRefusal(
    { PORT: String(await freePort(0)), REDIS_URL: 'redis://:hidden@127.0.0.1:1' },
    /REDIS_URL=redis:\/\/:\*\*\*@127.0.0.1:1 cannot be reached .*ECONNREFUSED.* start that Redis/,
  ));

test('a Redis that evicts', async () => {
  const admin = new Redis(redis.url);
  await admin.config('SET', 'maxmemory-policy', 'allkeys-lru');
  admin.disconnect();
  await expectRefusal(
    { PORT: String(await freePort(0)), REDIS_URL: redis.url },
    /REDIS_URL=\S+ evicts keys .* noeviction/,
  );
});

test('a PostgreSQL that can not be reached', async () =>
  expectRefusal(
    { PORT: String(await freePort(0)), TIMESCALEDB_URL: 'postgres://a:hidden@127.0.0.1:1/b' },
    /TIMESCALEDB_URL=postgres:\/\/a:\*\*\*@127.0.0.1:1\/b cannot be used .*ECONNREFUSED/,
  ));

test('a home that can not be written to', async () => {
  writeFileSync(join(home, 'file'), '');
  await expectRefusal(
    { MILLRACE_HOME: join(home, 'file/below') },
    /MILLRACE_HOME=\S+ is not a folder .*choose another/,
  );
  mkdirSync(join(home, 'read-only'), { mode: 0o500 });
  await expectRefusal({ MILLRACE_HOME: join(home, 'read-only') }, /MILLRACE_HOME=\S+ is not a folder/);
  await expectRefusal({ MILLRACE_HOME: '/proc/millrace' }, /MILLRACE_HOME=\/proc\/millrace is not a folder/);
});
