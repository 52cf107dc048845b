import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monotonic, now, sleep } from '../../shared/clock.ts';
import type { Config } from '../../shared/config.ts';
import { createSql, type Sql } from '../../shared/db/client.ts';
import { messageOf } from '../../shared/errors.ts';
import { type ClusterProcess, readClusterFile } from '../cluster-file.ts';
import { freePort } from '../services/service.ts';
import { type Cluster, startCluster } from '../up/cluster.ts';
import { countArchived, judge, type Stretch, type Verdict } from './oracle.ts';

export interface KillReport extends Verdict {
  /** Kills of a process that was at work. */
  kills: number;
  eventsPerSecond: number;
  /** Milliseconds from each kill until trades younger than the kill were in the archive again. */
  recoveryMs: Record<string, number[]>;
}

interface Options {
  rate: number;
  rounds: number;
  say: (text: string) => void;
}

const RECOVERY_LIMIT_MS = 90_000;
const NEW_ROW_LIMIT_MS = 300_000;
const COMPLETE_LIMIT_MS = 180_000;

/**
 * Starts a cluster of its own on the simulated exchange, kills each of its processes in turn with SIGKILL while
 * events flow, lets the supervisor bring it back, and compares the archive and the orders with the exchange's ledger.
 */
export async function killEach(settings: Config, { rate, rounds, say }: Options): Promise<KillReport> {
  const home = await mkdtemp(join(tmpdir(), 'millrace-chaos-'));
  const config: Config = {
    ...settings,
    MILLRACE_HOME: home,
    PORT: await freePort(0),
    SUPPORTED_EXCHANGES: ['sim'],
    SIM_EVENTS_PER_SECOND: rate,
    DAILY_TRADE_LIMIT: 100_000,
    AUTOPILOT: 'on',
    REDIS_URL: undefined,
    TIMESCALEDB_URL: undefined,
    SIM_URL: undefined,
    SMTP_URL: undefined,
  };
  say(`starting a cluster in ${home}, ${rate} events/s`);
  const cluster = await startCluster(config);
  const sql = createSql(cluster.config.TIMESCALEDB_URL ?? '', { name: 'chaos', max: 2 });
  try {
    await cluster.ready;
    return await new Killer(cluster, sql, say).run(rounds);
  } finally {
    await sql.end({ timeout: 2 });
    await cluster.stop();
    await rm(home, { recursive: true, force: true });
  }
}

class Killer {
  readonly #cluster: Cluster;
  readonly #sql: Sql;
  readonly #say: (text: string) => void;
  readonly #recoveryMs: Record<string, number[]> = {};
  #kills = 0;

  constructor(cluster: Cluster, sql: Sql, say: (text: string) => void) {
    this.#cluster = cluster;
    this.#sql = sql;
    this.#say = say;
  }

  async run(rounds: number): Promise<KillReport> {
    await this.#untilArchived(now());
    const begin = await this.#readExchange();
    const beganAt = monotonic();
    for (let round = 0; round < rounds; round++) {
      for (const { name } of this.#victims()) {
        if (name !== 'pool-trading') await this.#kill(name);
        else for (const row of ['signals', 'orders'] as const) await this.#kill(name, row);
      }
    }
    await this.#untilArchived(now());
    const end = await this.#readExchange();
    const stretches = begin.map(({ symbol, lastId }, i) => ({
      symbol,
      fromId: lastId,
      toId: end[i]?.lastId ?? lastId,
    }));
    const seconds = (monotonic() - beganAt) / 1000;
    await this.#untilComplete(stretches);
    await this.#untilDecided();
    this.#say('comparing the archive with the ledger');
    const verdict = await judge(this.#sql, this.#cluster.config.SIM_URL ?? '', stretches);
    const eventsPerSecond = Math.round(verdict.ledgerTrades / seconds);
    return { kills: this.#kills, ...verdict, eventsPerSecond, recoveryMs: this.#recoveryMs };
  }

  /** Everything of ours and what we stand on; the exchange itself is not ours to kill. */
  #victims(): ClusterProcess[] {
    return (readClusterFile(this.#cluster.config.MILLRACE_HOME)?.processes ?? []).filter(
      ({ kind }) => kind !== 'sim',
    );
  }

  /** Kills a process; where `row` is given, at the moment when a new one of that table is there. */
  async #kill(name: string, row?: 'signals' | 'orders'): Promise<void> {
    const victim = this.#victims().find((process) => process.name === name);
    if (!victim?.pid) throw new Error(`${name} was not running when it was to be killed`);
    if (row) await this.#untilNew(row);
    const killedAt = now();
    const began = monotonic();
    process.kill(victim.pid, 'SIGKILL');
    this.#kills++;
    await until(`${name} to be restarted`, RECOVERY_LIMIT_MS, async () => {
      const pid = this.#victims().find((process) => process.name === name)?.pid ?? 0;
      return pid !== 0 && pid !== victim.pid;
    });
    await this.#untilArchived(killedAt);
    const tookMs = Math.round(monotonic() - began);
    this.#recoveryMs[name] = [...(this.#recoveryMs[name] ?? []), tookMs];
    this.#say(`killed ${name} (pid ${victim.pid}): trades younger than the kill archived after ${tookMs} ms`);
  }

  async #untilNew(table: 'signals' | 'orders'): Promise<void> {
    const count = async () =>
      (await this.#sql<{ count: number }[]>`SELECT count(*) FROM ${this.#sql(table)}`)[0]?.count ?? 0;
    const before = await count();
    await until(`one of ${table}`, NEW_ROW_LIMIT_MS, async () => (await count()) > before, 2);
  }

  /** Until the archive holds trades of every symbol that are younger than `ts`. */
  #untilArchived(ts: number): Promise<void> {
    const symbols = this.#cluster.config.SYMBOLS;
    return until('trades to be archived', RECOVERY_LIMIT_MS, async () => {
      const rows = await this.#sql`
        SELECT symbol FROM instruments WHERE venue = 'sim' AND EXISTS (
          SELECT FROM trades WHERE instrument_id = id AND ts > ${ts})`;
      return rows.length === symbols.length;
    });
  }

  async #untilComplete(stretches: Stretch[]): Promise<void> {
    const wanted = stretches.reduce((sum, { fromId, toId }) => sum + toId - fromId + 1, 0);
    let archived = 0;
    const complete = async () => {
      archived = await countArchived(this.#sql, stretches);
      this.#say(`${archived} of ${wanted} trades archived`);
      return archived >= wanted;
    };
    await until('the archive to be complete', COMPLETE_LIMIT_MS, complete, 2_000).catch((error) =>
      this.#say(messageOf(error)),
    );
  }

  #untilDecided(): Promise<void> {
    return until('orders to be settled', RECOVERY_LIMIT_MS, async () => {
      const open = await this
        .#sql`SELECT FROM orders WHERE state IN ('INTENT', 'SENDING', 'ACCEPTED', 'PARTLY_FILLED')`;
      return open.length === 0;
    });
  }

  async #readExchange(): Promise<{ symbol: string; lastId: number }[]> {
    const url = this.#cluster.config.SIM_URL ?? '';
    return Promise.all(
      this.#cluster.config.SYMBOLS.map(async (symbol) => {
        const answer = await fetch(`${url}/api/v3/trades?symbol=${symbol.replace('/', '')}&limit=1`);
        const [trade] = (await answer.json()) as { id: number }[];
        return { symbol, lastId: trade?.id ?? 0 };
      }),
    );
  }
}

/** A database that is just being restarted answers with errors: these count as "not yet". */
async function until(
  what: string,
  limitMs: number,
  condition: () => Promise<boolean>,
  everyMs = 100,
): Promise<void> {
  const deadline = monotonic() + limitMs;
  let reason = '';
  while (monotonic() < deadline) {
    try {
      if (await condition()) return;
    } catch (error) {
      reason = ` (${messageOf(error)})`;
    }
    await sleep(everyMs);
  }
  throw new Error(`waited ${limitMs / 1000} s in vain for ${what}${reason}`);
}
