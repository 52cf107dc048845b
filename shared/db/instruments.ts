import type { Queryable, Sql } from './client.ts';

/** A row of `instruments`: the small id that market tables carry instead of venue and symbol. */
export interface InstrumentRow {
  id: number;
  venue: string;
  symbol: string;
}

const known = new WeakMap<Sql, Map<string, number>>();

/** The ids of a venue's symbols, in their order; adds what is not there. Asked of the database once a pool. */
export async function ensureInstruments(
  sql: Sql,
  venue: string,
  symbols: readonly string[],
): Promise<number[]> {
  const ids = known.get(sql) ?? new Map<string, number>();
  known.set(sql, ids);
  const missing = symbols.filter((symbol) => !ids.has(`${venue} ${symbol}`));
  if (missing.length) {
    await sql`INSERT INTO instruments ${sql(missing.map((symbol) => ({ venue, symbol })))} ON CONFLICT DO NOTHING`;
    const rows = await sql<InstrumentRow[]>`
      SELECT id, venue, symbol FROM instruments WHERE venue = ${venue} AND symbol IN ${sql(missing)}`;
    for (const row of rows) ids.set(`${venue} ${row.symbol}`, row.id);
  }
  return symbols.map((symbol) => ids.get(`${venue} ${symbol}`) as number);
}

/** By venue and symbol. */
export async function listInstruments(sql: Queryable): Promise<InstrumentRow[]> {
  return sql<InstrumentRow[]>`SELECT id, venue, symbol FROM instruments ORDER BY venue, symbol`;
}

/** Since when the trades of a symbol are recorded live, UTC ms; undefined: never. */
export async function findRecordedFrom(
  sql: Queryable,
  { venue, symbol }: { venue: string; symbol: string },
): Promise<number | undefined> {
  const [row] = await sql<{ recordedFrom: number | null }[]>`
    SELECT recorded_from FROM instruments WHERE venue = ${venue} AND symbol = ${symbol}`;
  return row?.recordedFrom ?? undefined;
}

/** The live record of a symbol begins here. */
export async function saveRecordedFrom(
  sql: Queryable,
  { venue, symbol, at }: { venue: string; symbol: string; at: number },
): Promise<void> {
  await sql`
    INSERT INTO instruments (venue, symbol, recorded_from) VALUES (${venue}, ${symbol}, ${at})
    ON CONFLICT (venue, symbol) DO UPDATE SET recorded_from = excluded.recorded_from`;
}

/** The id as a subquery, for statements that begin with venue and symbol. */
export const instrumentId = (sql: Queryable, { venue, symbol }: { venue: string; symbol: string }) =>
  sql`(SELECT id FROM instruments WHERE venue = ${venue} AND symbol = ${symbol})`;
