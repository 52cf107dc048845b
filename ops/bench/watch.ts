import { setTimeout as wait } from 'node:timers/promises';
import { sleep } from '../../shared/clock.ts';
import type { Sql } from '../../shared/db/client.ts';
import { preciseNow } from './generator.ts';
import { FIRST_ID } from './wire.ts';

/** What another connection saw committed at a moment: the newest id of each symbol, and events in all. */
export interface Seen {
  /** UTC ms with fractions, when the answer came. */
  at: number;
  newest: number[];
  committed: number;
}

const PATIENCE_MS = 30_000;

/**
 * Looks at the database as a reader would: a commit counts when it is visible on another connection. The ids of a
 * symbol are contiguous and committed in order, so its newest id says how many rows there are.
 */
export class CommitWatch {
  readonly #sql: Sql;
  readonly #symbols: readonly string[];
  readonly #seen: Seen[] = [];
  #stopped = false;

  constructor(sql: Sql, symbols: readonly string[], everyMs: number) {
    this.#sql = sql;
    this.#symbols = symbols;
    void this.#look(everyMs);
  }

  stop(): Seen[] {
    this.#stopped = true;
    return this.#seen;
  }

  /** Waits until all are there, or until rows stop coming. */
  async untilCommitted(lastId: number): Promise<void> {
    let progressed = { at: preciseNow(), committed: 0 };
    for (;;) {
      const seen = this.#seen.at(-1);
      if (seen?.newest.every((id) => id >= lastId)) return;
      if (seen && seen.committed > progressed.committed)
        progressed = { at: preciseNow(), committed: seen.committed };
      if (preciseNow() - progressed.at > PATIENCE_MS) return;
      await sleep(5);
    }
  }

  async #look(everyMs: number) {
    while (!this.#stopped) {
      const startedAt = performance.now();
      const rows = await this.#sql<{ symbol: string; newest: string }[]>`
        SELECT symbol, newest.trade_id AS newest FROM instruments CROSS JOIN LATERAL (
          SELECT trade_id FROM trades WHERE instrument_id = instruments.id ORDER BY ts DESC, trade_id DESC LIMIT 1
        ) AS newest WHERE venue = 'sim'`;
      const byName = new Map(rows.map(({ symbol, newest }) => [symbol, Number(newest)]));
      const newest = this.#symbols.map((symbol) => byName.get(symbol) ?? FIRST_ID - 1);
      const committed = newest.reduce((sum, id) => sum + id - FIRST_ID + 1, 0);
      this.#seen.push({ at: preciseNow(), newest, committed });
      await wait(Math.max(0.1, everyMs - (performance.now() - startedAt)));
    }
  }
}
