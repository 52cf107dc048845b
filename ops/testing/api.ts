import type { AddressInfo } from 'node:net';
import { startApi } from '../../api/server.ts';
import { loadConfig } from '../../shared/config.ts';
import { Releasers } from '../../shared/lifecycle.ts';
import { createLog, type Log } from '../../shared/log.ts';
import { type TestDatabase, type TestRedis, testDatabase, testRedis } from './services.ts';

export const ADMIN_PASSWORD = 'correct horse battery';
export const SESSION_SECRET = 'a secret of at least thirty-two characters';

/** A real api on a free port over a database and a Redis of its own, with a logged-in admin. */
export interface TestApi {
  /** `http://127.0.0.1:<port>` */
  url: string;
  token: string;
  db: TestDatabase;
  redis: TestRedis;
  /** Calls with the admin's token; a body makes it a POST of JSON. */
  call(path: string, body?: unknown, headers?: Record<string, string>): Promise<Response>;
  close(): Promise<void>;
}

export async function testApi(settings: Record<string, string> = {}): Promise<TestApi> {
  const log = createLog('test', 'fatal');
  const releasers = new Releasers(log);
  try {
    return await start(log, releasers, settings);
  } catch (error) {
    await releasers.close();
    throw error;
  }
}

async function start(log: Log, releasers: Releasers, settings: Record<string, string>): Promise<TestApi> {
  const db = await testDatabase();
  releasers.push('database', () => db.drop());
  const redis = await testRedis();
  releasers.push('redis database', () => redis.close());
  const config = loadConfig({
    TIMESCALEDB_URL: db.url,
    REDIS_URL: redis.url,
    SESSION_SECRET,
    ADMIN_PASSWORD,
    NAMESPACE: 'test',
    ...settings,
  });
  const server = await startApi({ ...config, PORT: 0 }, log, releasers);
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const token = await login(url);
  return {
    url,
    token,
    db,
    redis,
    call: (path, body, headers = {}) =>
      fetch(`${url}${path}`, {
        method: body === undefined ? 'GET' : 'POST',
        headers: {
          Authorization: `Bearer ${token}`,
          ...(body !== undefined && { 'Content-Type': 'application/json' }),
          ...headers,
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      }),
    close: () => releasers.close(),
  };
}

async function login(url: string): Promise<string> {
  const response = await fetch(`${url}/login`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ name: 'admin', password: ADMIN_PASSWORD }),
  });
  return ((await response.json()) as { token: string }).token;
}
