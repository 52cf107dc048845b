import type { Queryable } from './client.ts';

/**
 * How a database keeps the archive: `partitions` on plain PostgreSQL, `hypertables` with the Apache edition of
 * TimescaleDB, `columnstore` with all of it (compression and continuous aggregates). The migrations decided it.
 */
export type ArchiveLayout = 'partitions' | 'hypertables' | 'columnstore';

export async function findArchiveLayout(sql: Queryable): Promise<ArchiveLayout> {
  const [row] = await sql<{ layout: ArchiveLayout }[]>`
    SELECT CASE WHEN to_regclass('built_candles_1m_kept') IS NULL THEN 'columnstore'
      WHEN (SELECT relkind = 'p' FROM pg_class WHERE oid = 'trades'::regclass) THEN 'partitions'
      ELSE 'hypertables' END AS layout`;
  return row?.layout ?? 'partitions';
}
