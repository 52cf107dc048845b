import type { Queryable } from './client.ts';

/** What is kept for a time of its own; candles are the venues' and those we build. */
export type Facts = 'trades' | 'candles' | 'books' | 'flows' | 'rates';

/** UTC ms; what is older was dropped, or will be. 0 where everything is kept. */
export async function findHorizon(sql: Queryable, facts: Facts): Promise<number> {
  const [row] = await sql<{ keptFrom: number }[]>`SELECT kept_from FROM horizons WHERE facts = ${facts}`;
  return row?.keptFrom ?? 0;
}

/** Moves a horizon on; it never comes back, for what it left behind is gone. */
export async function saveHorizon(sql: Queryable, facts: Facts, keptFrom: number): Promise<void> {
  await sql`
    UPDATE horizons SET kept_from = greatest(kept_from, ${keptFrom}::timestamptz) WHERE facts = ${facts}`;
}
