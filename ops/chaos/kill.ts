import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monotonic, now } from '../../shared/clock.ts';
import type { Config } from '../../shared/config.ts';
import { createSql, type Sql } from '../../shared/db/client.ts';
import { type ClusterProcess, readClusterFile } from '../cluster-file.ts';
import { puttingAway } from '../putting-away.ts';
import { type Cluster, startCluster } from '../up/cluster.ts';
import { judge, type Verdict } from './oracle.ts';
import {
  RECOVERY_LIMIT_MS,
  readExchange,
  simulatedCluster,
  until,
  untilArchived,
  untilComplete,
} from './rig.ts';

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

const NEW_ROW_LIMIT_MS = 300_000;
const COMPLETE_LIMIT_MS = 180_000;

/**
 * Starts a cluster of its own on the simulated exchange, kills each of its processes in turn with SIGKILL while
 * events flow, lets the supervisor bring it back, and compares the archive and the orders with the exchange's ledger.
 */
export function killEach(settings: Config, { rate, rounds, say }: Options): Promise<KillReport> {
  return puttingAway('chaos', async (releasers) => {
    const home = await mkdtemp(join(tmpdir(), 'millrace-chaos-'));
    releasers.push('folder', () => rm(home, { recursive: true, force: true }));
    const config = await simulatedCluster(settings, { home, rate });
    say(`starting a cluster in ${home}, ${rate} events/s`);
    const cluster = await startCluster(config);
    releasers.push('cluster', () => cluster.stop());
    const sql = createSql(cluster.config.TIMESCALEDB_URL ?? '', { name: 'chaos', max: 2 });
    releasers.push('sql', () => sql.end({ timeout: 2 }));
    await cluster.ready;
    return new Killer(cluster, sql, say).run(rounds);
  });
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
    await untilArchived(this.#sql, this.#cluster.config, now());
    const begin = await readExchange(this.#cluster.config);
    const beganAt = monotonic();
    for (let round = 0; round < rounds; round++) {
      for (const { name } of this.#victims()) {
        if (name !== 'pool-trading') await this.#kill(name);
        else for (const row of ['signals', 'orders'] as const) await this.#kill(name, row);
      }
    }
    await untilArchived(this.#sql, this.#cluster.config, now());
    const end = await readExchange(this.#cluster.config);
    const stretches = begin.map(({ symbol, lastId }, i) => ({
      symbol,
      fromId: lastId,
      toId: end[i]?.lastId ?? lastId,
    }));
    const seconds = (monotonic() - beganAt) / 1000;
    await untilComplete(this.#sql, stretches, { limitMs: COMPLETE_LIMIT_MS, say: this.#say });
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
    await untilArchived(this.#sql, this.#cluster.config, killedAt);
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

  #untilDecided(): Promise<void> {
    return until('orders to be settled', RECOVERY_LIMIT_MS, async () => {
      const open = await this
        .#sql`SELECT FROM orders WHERE state IN ('INTENT', 'SENDING', 'ACCEPTED', 'PARTLY_FILLED')`;
      return open.length === 0;
    });
  }
}
