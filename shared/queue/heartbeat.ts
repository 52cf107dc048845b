import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import type { Redis } from 'ioredis';
import type { Registry } from 'prom-client';
import { now } from '../clock.ts';

const BEAT_MS = 2_000;
const TTL_MS = 10_000;

export type ProcessKind = 'producer' | 'pool' | 'api' | 'sim';

/** One feed of a producer, as the console shows it. */
export interface FeedStatus {
  /** The entry of `SUPPORTED_EXCHANGES` that it serves: `binance:usdm`. */
  entry: string;
  venue: string;
  /** Those that it follows, and those that the venue does not list, with what is said of them. */
  symbols: string[];
  missing: { symbol: string; reason: string }[];
  state: 'connecting' | 'syncing' | 'live' | 'stale' | 'down';
  /** Why it is not live, in a person's words. */
  reason: string | null;
  since: number;
  reconnects: number;
}

/** What a process says of itself every two seconds; it is gone when it has been silent for ten. */
export interface ProcessStatus {
  /** `kind@host:pid:nonce`, new at every start. */
  id: string;
  kind: ProcessKind;
  name: string;
  host: string;
  pid: number;
  startedAt: number;
  beatAt: number;
  rssBytes: number;
  /** Queues (physical names) that a pool consumes, its slots and how many are busy. */
  queues: string[];
  slots: number;
  busy: number;
  feeds: FeedStatus[];
  /** What a producer holds on disk while the queues take nothing. */
  spooledBytes: number;
}

type Details = Partial<Pick<ProcessStatus, 'queues' | 'slots' | 'busy' | 'feeds' | 'spooledBytes'>>;

/** Beats until `stop`; `details` is asked at every beat. A beat that fails is left out: the next one says it all. */
export function startHeartbeat(
  redis: Redis,
  namespace: string,
  who: { kind: ProcessKind; name: string; metrics?: Registry },
  details: () => Details = () => ({}),
): { id: string; stop(): Promise<void> } {
  const id = `${who.kind}@${hostname()}:${process.pid}:${randomBytes(3).toString('hex')}`;
  const startedAt = now();
  const beat = async () => {
    const status: ProcessStatus = {
      id,
      kind: who.kind,
      name: who.name,
      host: hostname(),
      pid: process.pid,
      startedAt,
      beatAt: now(),
      rssBytes: process.memoryUsage.rss(),
      queues: [],
      slots: 0,
      busy: 0,
      feeds: [],
      spooledBytes: 0,
      ...details(),
    };
    const pipeline = redis.pipeline().set(statusKey(namespace, id), JSON.stringify(status), 'PX', TTL_MS);
    pipeline.zadd(indexKey(namespace), String(status.beatAt), id);
    if (who.metrics) pipeline.set(metricsKey(namespace, id), await who.metrics.metrics(), 'PX', TTL_MS);
    await pipeline.exec();
  };
  const quietly = () => void beat().catch(() => {});
  const timer = setInterval(quietly, BEAT_MS);
  quietly();
  return {
    id,
    async stop() {
      clearInterval(timer);
      await redis
        .pipeline()
        .del(statusKey(namespace, id), metricsKey(namespace, id))
        .zrem(indexKey(namespace), id)
        .exec();
    },
  };
}

/** Every process that beat within the last ten seconds, by kind and name. */
export async function listProcesses(redis: Redis, namespace: string): Promise<ProcessStatus[]> {
  const texts = await readAll(redis, namespace, statusKey);
  const processes = texts.map((text) => JSON.parse(text) as ProcessStatus);
  return processes.sort((a, b) => `${a.kind} ${a.name}`.localeCompare(`${b.kind} ${b.name}`));
}

/** The Prometheus texts of all living processes. */
export const listMetrics = (redis: Redis, namespace: string): Promise<string[]> =>
  readAll(redis, namespace, metricsKey);

async function readAll(redis: Redis, namespace: string, key: (namespace: string, id: string) => string) {
  await redis.zremrangebyscore(indexKey(namespace), '-inf', String(now() - 6 * TTL_MS));
  const ids = await redis.zrange(indexKey(namespace), '0', '-1');
  if (ids.length === 0) return [];
  const texts = await redis.mget(ids.map((id) => key(namespace, id)));
  return texts.filter((text) => text !== null);
}

const indexKey = (namespace: string) => `${namespace}:processes`;
const statusKey = (namespace: string, id: string) => `${namespace}:process:${id}`;
const metricsKey = (namespace: string, id: string) => `${namespace}:metrics:${id}`;
