import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { fetchRedis } from './fetch-redis.ts';
import { openLog, tail } from './log-files.ts';
import { environmentFor, findOnPath } from './redis-binary.ts';
import { keepSecret } from './secrets.ts';
import { exitOf, keepPort, type Service, type ServiceOptions, stopChild, waitUntil } from './service.ts';

/** Loading a long append-only file takes a while before it answers. */
const START_LIMIT_MS = 120_000;

/**
 * Runs Redis or Valkey on `home/redis` until stopped: on the port of the last start, reachable by loopback and
 * password only, with an append-only file and without eviction. One that an earlier cluster left behind is stopped.
 * @throws {UserError} when there is none on this machine and none can be fetched, naming the command that mends it
 */
export async function startRedis({ home, say }: ServiceOptions): Promise<Service> {
  const binary = findOnPath() ?? (await fetchRedis(join(home, 'cache/redis'), say));
  const folder = join(home, 'redis');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const password = keepSecret(home, 'redis');
  const portFile = join(home, 'redis.port');
  if (existsSync(portFile)) await stopLeftover(urlOf(Number(readFileSync(portFile, 'utf8')), password));
  const port = await keepPort(portFile);
  const url = urlOf(port, password);

  const configFile = join(folder, 'redis.conf');
  writeFileSync(configFile, configuration(folder, port, password), { mode: 0o600 });
  const logFile = join(home, 'logs/redis.log');
  const log = openLog(logFile);
  const child = spawn(binary.path, [configFile], {
    ...environmentFor(binary),
    cwd: folder,
    detached: true,
    stdio: ['ignore', log.fd, log.fd],
  });
  log.close();
  const exited = exitOf(child);
  let end: string | undefined;
  exited.then((how) => {
    end = how;
  });
  await waitUntil(async () => end !== undefined || (await answers(url)), START_LIMIT_MS);
  if (end || !(await answers(url))) {
    throw new Error(`Redis did not start (${end ?? 'no answer'}): ${tail(logFile, log.from)}`);
  }
  return {
    url,
    pid: child.pid ?? 0,
    exited,
    stop: (patienceMs) => stopChild(child, exited, 'SIGTERM', patienceMs),
    kill: () => void child.kill('SIGKILL'),
  };
}

const configuration = (folder: string, port: number, password: string) => `bind 127.0.0.1
port ${port}
requirepass ${password}
dir "${folder}"
daemonize no
save ""
appendonly yes
appendfsync everysec
maxmemory-policy noeviction
databases 16
`;

const urlOf = (port: number, password: string) => `redis://:${password}@127.0.0.1:${port}`;

/** Only a Redis of this home knows its password: what answers to it on our old port is ours to stop. */
async function stopLeftover(url: string): Promise<void> {
  if (!(await answers(url))) return;
  const redis = connectOnce(url);
  await redis.shutdown('NOSAVE').catch(() => {});
  redis.disconnect();
  await waitUntil(async () => !(await answers(url)), 10_000);
}

async function answers(url: string): Promise<boolean> {
  const redis = connectOnce(url);
  try {
    await redis.connect();
    return (await redis.ping()) === 'PONG';
  } catch {
    return false;
  } finally {
    redis.disconnect();
  }
}

function connectOnce(url: string): Redis {
  const redis = new Redis(url, {
    lazyConnect: true,
    retryStrategy: () => null,
    connectTimeout: 2_000,
    maxRetriesPerRequest: 0,
  });
  redis.on('error', () => {});
  return redis;
}
