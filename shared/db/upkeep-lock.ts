import type { Sql } from './client.ts';

/**
 * Runs `work` while nobody else in the cluster keeps the archive: candles are not built from trades that are being
 * dropped. Returns undefined, at once, when another is at it. The lock goes with its connection.
 */
export async function aloneWithArchive<T>(sql: Sql, work: () => Promise<T>): Promise<T | undefined> {
  const connection = await sql.reserve();
  try {
    const [row] = await connection<{ locked: boolean }[]>`
      SELECT pg_try_advisory_lock(hashtext('archive upkeep')) AS locked`;
    if (!row?.locked) return undefined;
    try {
      return await work();
    } finally {
      await connection`SELECT pg_advisory_unlock(hashtext('archive upkeep'))`;
    }
  } finally {
    connection.release();
  }
}
