import type { ArchiveLayout } from './archive-layout.ts';
import { BUILT_INTERVALS, builtView } from './built-candles.ts';
import type { Sql } from './client.ts';
import type { Facts } from './horizons.ts';

/**
 * The archive's tables in parts of time, partitions or chunks: made ahead, compressed and dropped whole, never row by
 * row. Whoever still writes into a part that is to go is waited for, but not long: the next run comes.
 */
const LOCK_TIMEOUT = '5s';
/** Rows that are compressed as one: larger ones take less room and take in late rows a little slower. */
const COMPRESSED_ROWS = 10_000;

const TABLES: Readonly<Record<Facts, string[]>> = {
  trades: ['trades'],
  candles: ['candles'],
  books: ['book_snapshots'],
  flows: ['order_flow'],
  rates: ['funding_rates', 'mark_prices'],
};
const ALL_TABLES = Object.values(TABLES).flat();

/** Makes the partitions that hold these times (UTC ms), so that no writer has to wait for one. */
export async function makeParts(sql: Sql, times: readonly number[]): Promise<void> {
  for (const table of ALL_TABLES) {
    for (const time of times) await sql`SELECT ensure_partition(${table}, ${time}::timestamptz)`;
  }
}

/** Drops every part that ended at `before` (UTC ms) or earlier, built candles with the venues'; returns how many. */
export async function dropParts(
  sql: Sql,
  { layout, facts, before }: { layout: ArchiveLayout; facts: Facts; before: number },
): Promise<number> {
  if (facts === 'candles') await dropBuiltCandles(sql, layout, before);
  const drop = layout === 'partitions' ? dropPartitions : dropChunks;
  let dropped = 0;
  for (const table of TABLES[facts]) dropped += await drop(sql, table, before);
  return dropped;
}

async function dropPartitions(sql: Sql, table: string, before: number): Promise<number> {
  const parts = await sql<{ name: string }[]>`
    SELECT c.relname AS name FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
    WHERE i.inhparent = ${table}::regclass
      AND (regexp_match(pg_get_expr(c.relpartbound, c.oid), $$TO \\('([^']+)'\\)$$))[1]::timestamptz <= ${before}
    ORDER BY 1`;
  for (const { name } of parts) {
    await sql.begin(async (tx) => {
      await tx`SELECT set_config('lock_timeout', ${LOCK_TIMEOUT}, true)`;
      await tx`DROP TABLE ${tx(name)}`;
    });
  }
  return parts.length;
}

async function dropChunks(sql: Sql, table: string, before: number): Promise<number> {
  const dropped = await sql.begin(async (tx) => {
    await tx`SELECT set_config('lock_timeout', ${LOCK_TIMEOUT}, true)`;
    return tx`SELECT drop_chunks(${table}::regclass, older_than => ${before}::timestamptz)`;
  });
  return dropped.length;
}

async function dropBuiltCandles(sql: Sql, layout: ArchiveLayout, before: number): Promise<void> {
  for (const interval of BUILT_INTERVALS) {
    const view = builtView(interval);
    if (layout === 'columnstore') await dropChunks(sql, view, before);
    // By instrument, so that the primary key finds the rows.
    else {
      await sql`
        DELETE FROM ${sql(`${view}_kept`)} AS kept USING instruments i
        WHERE kept.instrument_id = i.id AND kept.ts < ${before}`;
    }
  }
}

/**
 * Compresses every chunk that ended at `before` (UTC ms) or earlier and is not compressed yet, or has taken in late
 * rows since, oldest first; `onChunk` is told of each and may stop it by throwing. Returns how many.
 */
export async function compressParts(
  sql: Sql,
  before: number,
  onChunk: (done: number, total: number) => Promise<void> = async () => {},
): Promise<number> {
  const chunks = await sql<{ chunk: string }[]>`
    SELECT format('%I.%I', i.chunk_schema, i.chunk_name) AS chunk
    FROM timescaledb_information.chunks i JOIN _timescaledb_catalog.chunk c
      ON c.schema_name = i.chunk_schema AND c.table_name = i.chunk_name
    JOIN timescaledb_information.hypertables h USING (hypertable_schema, hypertable_name)
    WHERE i.hypertable_name = ANY(${ALL_TABLES}) AND h.compression_enabled AND i.range_end <= ${before}
      AND (c.status & ${COMPRESSED} = 0 OR c.status & ${UNORDERED | PARTIAL} <> 0)
    ORDER BY i.range_start`;
  for (const [done, { chunk }] of chunks.entries()) {
    await onChunk(done, chunks.length);
    await sql.begin(async (tx) => {
      await tx`SELECT set_config(name, ${String(COMPRESSED_ROWS)}, true)
        FROM pg_settings WHERE name = 'timescaledb.compression_batch_size_limit'`;
      await tx`SELECT compress_chunk(${chunk}::regclass)`;
    });
  }
  return chunks.length;
}

/** Bits of a chunk's status. https://github.com/timescale/timescaledb/blob/main/src/ts_catalog/catalog.h */
const COMPRESSED = 1;
const UNORDERED = 2;
const PARTIAL = 8;
