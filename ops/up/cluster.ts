import { join } from 'node:path';
import { type Config, requireSetting } from '../../shared/config.ts';
import { checkDatabase } from '../../shared/db/server.ts';
import { messageOf, UserError } from '../../shared/errors.ts';
import { Releasers } from '../../shared/lifecycle.ts';
import { createLog, maskUrl } from '../../shared/log.ts';
import { checkRedis } from '../../shared/queue/redis.ts';
import { chooseStrategies } from '../../shared/strategies/registry.ts';
import { removeClusterFile, writeClusterFile } from '../cluster-file.ts';
import { migrateUp } from '../migrations.ts';
import { rotate } from '../services/log-files.ts';
import { startPostgres } from '../services/postgres.ts';
import { startRedis } from '../services/redis.ts';
import { keepSecret } from '../services/secrets.ts';
import { keepPort, type Service, type ServiceOptions } from '../services/service.ts';
import { checkExchanges, checkHome, checkPort } from './checks.ts';
import { launchChild } from './child.ts';
import { takeHomeLock } from './home-lock.ts';
import { endLeftovers } from './leftovers.ts';
import { type PlannedProcess, planProcesses } from './plan.ts';
import { type Launched, Supervised, type SupervisedEvent } from './supervised.ts';

export type ClusterEvent =
  | SupervisedEvent
  /** Something that takes a while begins, or a process has news. */
  | { type: 'step'; text: string }
  | { type: 'migrated'; names: string[] }
  /** For the person at the terminal alone; must not be kept. */
  | { type: 'notice'; text: string };

export interface ClusterOptions {
  onEvent?: (event: ClusterEvent) => void;
  /** Aborting it while the cluster starts stops the start. */
  signal?: AbortSignal;
  /** Leave out processes, for a bench that plays their part. */
  wants?: (process: PlannedProcess) => boolean;
}

export interface Cluster {
  /** With the addresses of what was started: `REDIS_URL`, `TIMESCALEDB_URL`, `SIM_URL`. */
  readonly config: Config;
  /** Resolves when every process has been ready once; rejects when one can't be, for a reason a person must mend. */
  readonly ready: Promise<void>;
  /** Drains producers, then pools, api and simulator, then stops Redis and PostgreSQL; within 30 s. */
  stop(): Promise<void>;
  /** Makes a `stop` under way end at once. */
  kill(): void;
}

type Kind = PlannedProcess['kind'];

/** How long each kind may drain, in the order in which they are stopped. With the services, the sum is under 30 s. */
const DRAIN_ORDER: [Kind[], number][] = [
  [['producer'], 5_000],
  [['pool'], 15_500],
  [['api', 'sim'], 3_000],
];
const SERVICE_PATIENCE_MS = 5_000;
const SERVICE_START_TRIES = 5;
const LOG_CHECK_MS = 60_000;

/**
 * Brings a whole cluster up on this machine and keeps it running: checks, services, schema, then every process.
 * Returns when all are launched; `ready` tells when they work.
 * @throws {UserError} naming the setting that is wrong and the remedy
 */
export async function startCluster(settings: Config, options: ClusterOptions = {}): Promise<Cluster> {
  const cluster = new LocalCluster(settings, options);
  await cluster.start();
  return cluster;
}

class LocalCluster implements Cluster {
  config: Config;
  ready: Promise<void> = Promise.resolve();
  readonly #home: string;
  readonly #options: ClusterOptions;
  readonly #releasers = new Releasers(createLog('up', 'warn'));
  readonly #supervised: Supervised[] = [];

  constructor(settings: Config, options: ClusterOptions) {
    this.config = settings;
    this.#home = settings.MILLRACE_HOME;
    this.#options = options;
  }

  async start(): Promise<void> {
    const { signal } = this.#options;
    signal?.addEventListener('abort', () => void this.stop(), { once: true });
    try {
      for (const step of [this.#check, this.#startServices, this.#migrate, this.#startProcesses]) {
        signal?.throwIfAborted();
        await step.call(this);
      }
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  stop(): Promise<void> {
    return this.#releasers.close();
  }

  kill(): void {
    for (const process of this.#supervised) process.kill();
  }

  async #check() {
    chooseStrategies(this.config.STRATEGIES);
    const oversights = await checkExchanges(this.config);
    checkHome(this.config);
    this.#releasers.push('lock', takeHomeLock(this.#home));
    await endLeftovers(this.#home, (text) => this.#say(text));
    await checkPort(this.config);
    this.#say(`millrace starts; its data is in ${this.#home}`);
    for (const text of oversights) this.#say(text);
  }

  async #startServices() {
    this.#releasers.push('cluster file', () => removeClusterFile(this.#home));
    const { REDIS_URL, TIMESCALEDB_URL } = this.config;
    const [redisUrl, timescaledbUrl] = await Promise.all([
      REDIS_URL ?? this.#startService('redis', startRedis),
      TIMESCALEDB_URL ?? this.#startService('postgres', startPostgres),
      REDIS_URL && checkRedis(REDIS_URL),
      TIMESCALEDB_URL && checkDatabase(TIMESCALEDB_URL),
    ]);
    if (!REDIS_URL) await checkRedis(redisUrl);
    this.config = { ...this.config, REDIS_URL: redisUrl, TIMESCALEDB_URL: timescaledbUrl };
  }

  async #startService(
    kind: 'postgres' | 'redis',
    start: (options: ServiceOptions) => Promise<Service>,
  ): Promise<string> {
    let url = '';
    const launch = async () => {
      const service = await start({ home: this.#home, say: (text) => this.#say(`${kind}: ${text}`) });
      url = service.url;
      return { ...service, ready: Promise.resolve(), lastWords: () => '' };
    };
    const process = this.#supervise(kind, kind, launch, SERVICE_START_TRIES);
    this.#releasers.push(kind, () => process.stop(SERVICE_PATIENCE_MS));
    await process.start();
    return url;
  }

  async #migrate() {
    const url = requireSetting(this.config, 'TIMESCALEDB_URL');
    try {
      this.#emit({ type: 'migrated', names: await migrateUp(url) });
    } catch (error) {
      throw new UserError(
        `TIMESCALEDB_URL=${maskUrl(url)}: the schema could not be brought up to date (${messageOf(error)}): the database must belong to the user of the URL and hold no newer schema`,
      );
    }
  }

  async #startProcesses() {
    const { SUPPORTED_EXCHANGES, REHEARSAL, SIM_URL, SESSION_SECRET } = this.config;
    const needsSim = (REHEARSAL === 'on' || SUPPORTED_EXCHANGES.includes('sim')) && !SIM_URL;
    const simPort = needsSim ? await keepPort(join(this.#home, 'sim.port')) : undefined;
    this.config = {
      ...this.config,
      SESSION_SECRET: SESSION_SECRET ?? keepSecret(this.#home, 'session'),
      SIM_URL: simPort === undefined ? SIM_URL : `http://127.0.0.1:${simPort}`,
    };
    const planned = planProcesses(this.config, simPort).filter(this.#options.wants ?? (() => true));
    const listeners = {
      onNotice: (text: string) => this.#emit({ type: 'notice', text }),
      onNews: (text: string) => this.#say(text),
    };
    const processes = planned.map(({ name, kind, args }) =>
      this.#supervise(name, kind, async () => launchChild(name, args, this.config, listeners)),
    );
    this.#releasers.push('processes', () => drain(processes));
    this.ready = Promise.all(processes.map((process) => process.start())).then(() => {});
    this.ready.catch(() => {});
    this.#keepLogsSmall();
  }

  #supervise(name: string, kind: Kind, launch: () => Promise<Launched>, tries?: number): Supervised {
    const record = () => this.#record();
    const process = new Supervised(name, kind, launch, (event) => this.#emit(event), {
      tries,
      onPid: record,
    });
    this.#supervised.push(process);
    return process;
  }

  /** Keeps `cluster.json` true, from when the services have addresses until everything has stopped. */
  #record() {
    const { REDIS_URL, TIMESCALEDB_URL, SIM_URL, HOST, PORT } = this.config;
    if (!REDIS_URL || !TIMESCALEDB_URL) return;
    writeClusterFile(this.#home, {
      pid: process.pid,
      redisUrl: REDIS_URL,
      timescaledbUrl: TIMESCALEDB_URL,
      host: HOST,
      port: PORT,
      ...(SIM_URL && { simUrl: SIM_URL }),
      processes: this.#supervised.map(({ name, kind, pid }) => ({ name, kind, pid })),
    });
  }

  #keepLogsSmall() {
    const timer = setInterval(() => {
      for (const { name } of this.#supervised) rotate(join(this.#home, 'logs', `${name}.log`));
    }, LOG_CHECK_MS);
    this.#releasers.push('log rotation', () => clearInterval(timer));
  }

  #say(text: string) {
    this.#emit({ type: 'step', text });
  }

  #emit(event: ClusterEvent) {
    this.#options.onEvent?.(event);
  }
}

/** What feeds the queues stops first, then what empties them, last what people look at. */
async function drain(processes: Supervised[]): Promise<void> {
  for (const [kinds, patienceMs] of DRAIN_ORDER) {
    const stage = processes.filter(({ kind }) => kinds.includes(kind));
    await Promise.all(stage.map((process) => process.stop(patienceMs)));
  }
}
