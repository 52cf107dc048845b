import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Redis } from 'ioredis';
import { sleep } from '../../shared/clock.ts';
import type { Config } from '../../shared/config.ts';
import type { Sql } from '../../shared/db/client.ts';
import { type Entry, producerName } from '../../shared/exchanges/entries.ts';
import type { Releasers } from '../../shared/lifecycle.ts';
import { startServers } from '../bench/servers.ts';
import { freePort } from '../services/service.ts';
import type { Dialect } from '../sim/dialect.ts';
import { findDialect } from '../sim/dialects/index.ts';
import { symbolsOf } from '../sim/dialects/symbols.ts';
import { list } from '../sim/listing.ts';
import { launchChild } from '../up/child.ts';
import { SimClient } from './sim-client.ts';

/** One venue's market at the simulated exchange, and what our producer records of it. */
export interface Lane {
  entry: Entry;
  dialect: Dialect;
  /** As the simulated exchange calls the desk: `okx:swap`. */
  desk: string;
  symbols: string[];
  /** Name of its process. */
  producer: string;
}

export interface Rig {
  config: Config;
  sql: Sql;
  redis: Redis;
  sim: SimClient;
  lanes: Lane[];
  /** Of our own processes. */
  pids: Record<string, number>;
}

export interface RigOptions {
  entries: readonly Entry[];
  /** Coins traded on every venue. */
  bases: readonly string[];
  /** Events a second of each symbol. */
  rate: number;
  /** Lanes in all; beyond one of each entry they begin again, with coins of their own. One of each without. */
  count?: number;
  say: (text: string) => void;
}

/** Processes started at one time: more would only wait for each other. */
const AT_ONCE = 4;

/**
 * The real thing on a simulated world: PostgreSQL and Redis, the simulated exchange in every venue's dialect, the
 * archive and history pools, and one producer for each entry, each a process as `millrace up` runs it.
 */
export async function startRig(options: RigOptions, releasers: Releasers): Promise<Rig> {
  const { entries, bases, rate, say, count = entries.length } = options;
  const lanes = Array.from({ length: count }, (_, index) =>
    laneOf(entries[index % entries.length] as Entry, bases, Math.floor(index / entries.length)),
  );
  const symbols = [...new Set(lanes.flatMap((lane) => lane.symbols))];
  const servers = await startServers(say, releasers);
  const port = await freePort(0);
  const config: Config = {
    ...servers.config,
    REHEARSAL: 'on',
    SIM_URL: `http://127.0.0.1:${port}`,
    SIM_EVENTS_PER_SECOND: Math.min(50_000, rate * symbols.length),
    SUPPORTED_EXCHANGES: entries.map(({ name }) => name),
    SYMBOLS: symbols,
    AUTOPILOT: 'off',
  };
  const pids: Record<string, number> = {};
  const start = async (name: string, args: string[], settings = config) => {
    mkdirSync(join(settings.MILLRACE_HOME, 'logs'), { recursive: true });
    const child = launchChild(name, args, settings);
    releasers.push(name, () => child.stop());
    pids[name] = child.pid;
    const ended = child.exited.then((how) => {
      throw new Error(`${name} ended (${how}): ${child.lastWords()}`);
    });
    await Promise.race([child.ready, ended]);
  };
  say(`starting ${count} producers on ${symbols.length} symbols of the simulated exchange`);
  await start('sim', ['sim', '--port', String(port)]);
  await Promise.all([
    start('pool-archive', ['worker', '--name', 'archive', '--queues', 'archive']),
    start('pool-history', ['worker', '--name', 'history', '--queues', 'gaps,history,maintenance']),
  ]);
  for (let at = 0; at < count; at += AT_ONCE) {
    const group = lanes.slice(at, at + AT_ONCE);
    await Promise.all(
      group.map(({ entry, producer, symbols: own }) => {
        const home = join(config.MILLRACE_HOME, producer);
        const settings = { ...config, SYMBOLS: own, MILLRACE_HOME: home };
        return start(producer, ['producer', '--venue', entry.name], settings);
      }),
    );
    say(`${Math.min(at + AT_ONCE, count)} of ${count} producers are ready`);
  }
  return {
    config,
    sql: servers.sql,
    redis: servers.redis,
    sim: new SimClient(config.SIM_URL ?? ''),
    lanes,
    pids,
  };
}

/** Waits until the archive has trades of every symbol of every lane. */
export async function untilRecorded({ sql, lanes }: Rig, limitMs: number): Promise<void> {
  const wanted = lanes.flatMap(({ entry, symbols }) => symbols.map((symbol) => `${entry.venue} ${symbol}`));
  let missing = wanted;
  for (let waited = 0; waited < limitMs; waited += 250) {
    const rows = await sql<{ name: string }[]>`
      SELECT venue || ' ' || symbol AS name FROM instruments
      WHERE EXISTS (SELECT FROM trades WHERE instrument_id = id)`;
    const there = new Set(rows.map(({ name }) => name));
    missing = wanted.filter((name) => !there.has(name));
    if (missing.length === 0) return;
    await sleep(250);
  }
  throw new Error(`no trades were archived of ${missing.join(', ')}`);
}

/** The engine's name of a symbol: `BTCUSDT:USDT`. */
export const engineId = (symbol: string): string => list(symbol).id;

/** `turn` counts the lanes of the same entry: each has other coins. */
function laneOf(entry: Entry, bases: readonly string[], turn: number): Lane {
  const dialect = findDialect(entry.venue, entry.market);
  if (!dialect) throw new Error(`the simulated exchange does not speak ${entry.name}`);
  const own = turn === 0 ? bases : bases.map((base) => `${base}${turn + 1}`);
  return {
    entry,
    dialect,
    desk: `${entry.venue}:${entry.market}`,
    symbols: symbolsOf(dialect, own),
    producer: `${producerName(entry.name)}${turn === 0 ? '' : `-${turn + 1}`}`,
  };
}
