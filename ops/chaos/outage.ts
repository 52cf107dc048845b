import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { monotonic, now, sleep } from '../../shared/clock.ts';
import type { Config } from '../../shared/config.ts';
import { createSql, type Sql } from '../../shared/db/client.ts';
import { readClusterFile } from '../cluster-file.ts';
import { puttingAway } from '../putting-away.ts';
import { startPostgres } from '../services/postgres.ts';
import { startRedis } from '../services/redis.ts';
import type { Service, ServiceOptions } from '../services/service.ts';
import { type Cluster, startCluster } from '../up/cluster.ts';
import { folderBytes, Peaks, residentBytes } from './memory.ts';
import { judge, type Stretch, type Verdict } from './oracle.ts';
import { readExchange, simulatedCluster, until, untilArchived, untilComplete } from './rig.ts';

/** One server's absence. */
export interface Outage {
  what: 'redis' | 'postgres';
  downSeconds: number;
  /** Trades that the exchange made meanwhile. */
  trades: number;
  /** From the server's return until nothing waited in queues and spool, in seconds. */
  drainedSeconds: number;
  /** Highest resident memory of each process, of Redis' own data and of the spool, in MB, until drained. */
  peakMb: Record<string, number>;
}

export interface OutageReport extends Verdict {
  eventsPerSecond: number;
  openGaps: number;
  outages: Outage[];
}

interface Options {
  rate: number;
  /** How long each server is away, in seconds; 0 leaves it alone. */
  redisSeconds: number;
  postgresSeconds: number;
  say: (text: string) => void;
}

const DRAIN_LIMIT_MS = 900_000;
const SAMPLE_MS = 1_000;
/** So many batches on the queues are the flow itself, not a backlog. */
const FLOWING = 20;

/**
 * Runs a cluster of its own on the simulated exchange, takes Redis away, then PostgreSQL, each for a while under load,
 * and compares the archive with the exchange's ledger when the backlog is gone.
 */
export function takeServersAway(settings: Config, options: Options): Promise<OutageReport> {
  return puttingAway('chaos', async (releasers) => {
    const home = await mkdtemp(join(tmpdir(), 'millrace-chaos-'));
    await chmod(home, 0o755);
    await mkdir(join(home, 'logs'));
    releasers.push('folder', () => rm(home, { recursive: true, force: true }));
    const servers = { redis: new Server(startRedis, home), postgres: new Server(startPostgres, home) };
    for (const server of Object.values(servers)) {
      await server.start();
      releasers.push('server', () => server.stop());
    }
    const config: Config = {
      ...(await simulatedCluster(settings, { home, rate: options.rate })),
      REDIS_URL: servers.redis.url,
      TIMESCALEDB_URL: servers.postgres.url,
    };
    options.say(`starting a cluster in ${home}, ${options.rate} events/s`);
    const cluster = await startCluster(config);
    releasers.push('cluster', () => cluster.stop());
    const sql = createSql(servers.postgres.url, { name: 'chaos', max: 2 });
    releasers.push('sql', () => sql.end({ timeout: 2 }));
    const redis = new Redis(servers.redis.url, { maxRetriesPerRequest: null });
    redis.on('error', () => {});
    releasers.push('redis', () => redis.disconnect());
    await cluster.ready;
    return await new Rig(cluster, servers, sql, redis, options).run();
  });
}

/** A server that can be taken away and brought back on the same port and data. */
class Server {
  readonly #start: (options: ServiceOptions) => Promise<Service>;
  readonly #home: string;
  #service: Service | undefined;

  constructor(start: (options: ServiceOptions) => Promise<Service>, home: string) {
    this.#start = start;
    this.#home = home;
  }

  get url(): string {
    return this.#service?.url ?? '';
  }

  async start(): Promise<void> {
    this.#service = await this.#start({ home: this.#home, say: () => {} });
  }

  async stop(): Promise<void> {
    await this.#service?.stop();
  }
}

class Rig {
  readonly #cluster: Cluster;
  readonly #servers: Record<Outage['what'], Server>;
  readonly #sql: Sql;
  readonly #redis: Redis;
  readonly #options: Options;

  constructor(
    cluster: Cluster,
    servers: Record<Outage['what'], Server>,
    sql: Sql,
    redis: Redis,
    options: Options,
  ) {
    this.#cluster = cluster;
    this.#servers = servers;
    this.#sql = sql;
    this.#redis = redis;
    this.#options = options;
  }

  async run(): Promise<OutageReport> {
    const { redisSeconds, postgresSeconds, say } = this.#options;
    const { config } = this.#cluster;
    await untilArchived(this.#sql, config);
    const begin = await readExchange(config);
    const beganAt = monotonic();
    const outages: Outage[] = [];
    if (redisSeconds > 0) outages.push(await this.#takeAway('redis', redisSeconds));
    if (postgresSeconds > 0) outages.push(await this.#takeAway('postgres', postgresSeconds));
    const end = await readExchange(config);
    const seconds = (monotonic() - beganAt) / 1000;
    const stretches = begin.map(({ symbol, lastId }, i) => ({
      symbol,
      fromId: lastId,
      toId: end[i]?.lastId ?? lastId,
    }));
    await untilComplete(this.#sql, stretches, { limitMs: DRAIN_LIMIT_MS, say });
    say('comparing the archive with the ledger');
    const verdict = await judge(this.#sql, config.SIM_URL ?? '', stretches.flatMap(inParts));
    const eventsPerSecond = Math.round(verdict.ledgerTrades / seconds);
    return { ...verdict, eventsPerSecond, openGaps: await this.#countOpenGaps(), outages };
  }

  async #takeAway(what: Outage['what'], seconds: number): Promise<Outage> {
    const { config } = this.#cluster;
    const { say } = this.#options;
    const peaks = new Peaks();
    const server = this.#servers[what];
    const before = await this.#exchangeTotal();
    await server.stop();
    say(`${what} is away for ${seconds} s`);
    const sampling = setInterval(() => this.#sample(peaks), SAMPLE_MS);
    try {
      for (let left = seconds; left > 0; left -= 10) {
        await sleep(Math.min(left, 10) * 1000);
        say(`${what}: ${Math.max(0, left - 10)} s to go, ${JSON.stringify(peaks.toMb())} MB`);
      }
      const trades = (await this.#exchangeTotal()) - before;
      await server.start();
      const backAt = monotonic();
      await untilArchived(this.#sql, config, now(), DRAIN_LIMIT_MS);
      await until('the backlog to be gone', DRAIN_LIMIT_MS, () => this.#isDrained());
      const drainedSeconds = Math.round((monotonic() - backAt) / 100) / 10;
      say(`${what} is back: ${trades} trades, drained after ${drainedSeconds} s`);
      return { what, downSeconds: seconds, trades, drainedSeconds, peakMb: peaks.toMb() };
    } finally {
      clearInterval(sampling);
    }
  }

  #sample(peaks: Peaks) {
    const home = this.#cluster.config.MILLRACE_HOME;
    const processes = readClusterFile(home)?.processes ?? [];
    for (const { name, pid } of processes) if (pid) peaks.take(name, residentBytes(pid));
    peaks.take('spool', folderBytes(join(home, 'spool')));
    void this.#redis.info('memory').then(
      (text) => peaks.take('redis-data', Number(text.match(/^used_memory:(\d+)/m)?.[1] ?? 0)),
      () => {},
    );
  }

  async #isDrained(): Promise<boolean> {
    const { NAMESPACE, SHARDS, MILLRACE_HOME } = this.#cluster.config;
    let waiting = 0;
    for (let shard = 0; shard < SHARDS; shard++) {
      const queue = `${NAMESPACE}:archive-${shard}`;
      waiting += (await this.#redis.llen(`${queue}:wait`)) + (await this.#redis.zcard(`${queue}:delayed`));
    }
    return waiting < FLOWING && folderBytes(join(MILLRACE_HOME, 'spool')) < 1024;
  }

  async #exchangeTotal(): Promise<number> {
    const symbols = await readExchange(this.#cluster.config);
    return symbols.reduce((sum, { lastId }) => sum + lastId, 0);
  }

  async #countOpenGaps(): Promise<number> {
    const [row] = await this.#sql<{ count: number }[]>`SELECT count(*) FROM gaps WHERE state <> 'closed'`;
    return row?.count ?? 0;
  }
}

const PART = 200_000;

/** Small enough for the comparison to hold one in memory. */
function inParts({ symbol, fromId, toId }: Stretch): Stretch[] {
  const parts: Stretch[] = [];
  for (let from = fromId; from <= toId; from += PART) {
    parts.push({ symbol, fromId: from, toId: Math.min(toId, from + PART - 1) });
  }
  return parts;
}
