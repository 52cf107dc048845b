import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { DAY_MS } from '../../shared/clock.ts';
import { findArchiveLayout } from '../../shared/db/archive-layout.ts';
import { compressParts, makeParts } from '../../shared/db/archive-parts.ts';
import { listBuiltCandles } from '../../shared/db/built-candles.ts';
import { buildCandles } from '../../shared/db/candle-builds.ts';
import { createSql, type Sql } from '../../shared/db/client.ts';
import { ensureInstruments } from '../../shared/db/instruments.ts';
import { addMarketFacts } from '../../shared/db/market.ts';
import { shardKeyOf, shardOf } from '../../shared/queue/queues.ts';
import type { EventBatch } from '../../shared/tasks/batch.ts';
import { spreadOf } from './figures.ts';
import { SYMBOLS } from './run.ts';
import type { BenchServers } from './servers.ts';
import { TradeTape } from './trade-tape.ts';

export interface ArchiveOptions {
  /** Rows that each side writes in each round, which has a day of its own. */
  rows: number;
  rounds: number;
}

const COPY_CHUNK = 1 << 20;
const LATE_ROWS = 2_000;
/** The days of the rounds end so long before today, so that all of them may be compressed. */
const DAYS_BACK = 3;

/**
 * The archive's write path as its pool runs it, beside plain COPY into the same table in the same run, in turns; then
 * what the rows take on disk, late rows, and candles from the aggregates beside candles from the trades.
 */
export async function measureArchive(
  { config, sql: watcher }: BenchServers,
  { rows, rounds }: ArchiveOptions,
  say: (text: string) => void,
) {
  // As many connections as a pool has.
  const sql = createSql(config.TIMESCALEDB_URL, { name: 'bench archive', max: 8 });
  try {
    const instruments = await ensureInstruments(sql, 'sim', SYMBOLS);
    const today = Math.floor(Date.now() / DAY_MS) * DAY_MS;
    const days = Array.from({ length: rounds * 2 + 1 }, (_, n) => today - (DAYS_BACK + n) * DAY_MS);
    await makeParts(sql, days);
    const tapeOf = (day: number) => new TradeTape(SYMBOLS, { seed: day / DAY_MS, startTs: day });
    const shards = shardsOf(config.SHARDS);

    const ours: number[] = [];
    const copies: number[] = [];
    for (let round = -1; round < rounds; round++) {
      const count = round < 0 ? Math.min(rows, 20_000) : rows;
      say(round < 0 ? 'warming up' : `round ${round + 1} of ${rounds}: ${rows} rows our way, then by COPY`);
      const [mine, copied] =
        round < 0 ? [days.at(-1) ?? 0, 0] : [days[round * 2] ?? 0, days[round * 2 + 1] ?? 0];
      const tape = tapeOf(mine);
      const perShard = Math.ceil(count / shards.length);
      const batches = shards.map((symbols) => tape.batches(symbols, perShard, config.BATCH_MAX_EVENTS));
      const rate = await rateOf(perShard * shards.length, () => writeOurWay(sql, batches));
      if (round < 0) continue;
      ours.push(rate);
      const lines = copyLines(tapeOf(copied), instruments, rows);
      copies.push(await rateOf(rows, () => copy(sql, lines)));
    }

    say('sizes, late rows, candles');
    const [, second = 0] = days;
    const candles = await measureCandles(sql, days[0] ?? 0);
    return {
      rowsPerSecond: spreadOf(ours).median,
      rounds: spreadOf(ours),
      copy: { rowsPerSecond: spreadOf(copies).median, rounds: spreadOf(copies) },
      ratio: medianRatio(ours, copies),
      batchRows: config.BATCH_MAX_EVENTS,
      connections: shards.length,
      rows: await countTrades(watcher),
      ...(await measureDisk(sql, tapeOf(second))),
      candles,
    };
  } finally {
    await sql.end({ timeout: 2 });
  }
}

/** The places of the symbols of each shard, as the queues deal them; shards without any are left out. */
function shardsOf(shards: number): number[][] {
  const dealt = Array.from({ length: shards }, (_, shard) =>
    SYMBOLS.flatMap((symbol, n) =>
      shardOf(shardKeyOf({ venue: 'sim', symbol }), shards) === shard ? [n] : [],
    ),
  );
  return dealt.filter((symbols) => symbols.length > 0);
}

/** One batch a shard at a time, each a transaction of its own, as the archive queues run them. */
async function writeOurWay(sql: Sql, shards: readonly EventBatch[][]): Promise<void> {
  await Promise.all(
    shards.map(async (batches) => {
      for (const batch of batches) await addMarketFacts(sql, batch);
    }),
  );
}

/** Rows in COPY's text form, cut into chunks large enough that the socket never waits. */
function copyLines(tape: TradeTape, instruments: readonly number[], rows: number): Buffer[] {
  const chunks: Buffer[] = [];
  let text = '';
  for (let row = 0; row < rows; row++) {
    const [trade] = tape.take(row % SYMBOLS.length, 1);
    if (!trade) continue;
    const { ts, id, price, size, side } = trade;
    text += `${instruments[row % SYMBOLS.length]}\t${new Date(ts).toISOString()}\t${id}\t${price}\t${size}\t${side}\n`;
    if (text.length < COPY_CHUNK && row < rows - 1) continue;
    chunks.push(Buffer.from(text));
    text = '';
  }
  return chunks;
}

async function copy(sql: Sql, chunks: readonly Buffer[]): Promise<void> {
  const into = await sql`COPY trades (instrument_id, ts, trade_id, price, size, side) FROM STDIN`.writable();
  await pipeline(Readable.from(chunks), into);
}

async function rateOf(rows: number, work: () => Promise<void>): Promise<number> {
  const from = performance.now();
  await work();
  return Math.round((rows * 1000) / (performance.now() - from));
}

function medianRatio(ours: readonly number[], copies: readonly number[]): number {
  const ratios = ours.map((rate, round) => rate / (copies[round] ?? Number.NaN)).sort((a, b) => a - b);
  return Math.round((ratios[Math.floor(ratios.length / 2)] ?? Number.NaN) * 100) / 100;
}

const countTrades = async (sql: Sql): Promise<number> =>
  (await sql<{ count: number }[]>`SELECT count(*) FROM trades`)[0]?.count ?? 0;

/** Bytes a trade with its index, before and after compression, and trades that come after it. */
async function measureDisk(sql: Sql, tape: TradeTape) {
  const rows = await countTrades(sql);
  const perRow = (bytes: number) => Math.round((bytes / rows) * 10) / 10;
  const bytes = { uncompressed: perRow(await bytesOfTrades(sql)) };
  if ((await findArchiveLayout(sql)) !== 'columnstore') {
    const reason = 'plain PostgreSQL has no columnstore: with TimescaleDB old days are compressed';
    return { bytesPerTrade: { ...bytes, compressed: null, reason }, lateRows: null };
  }
  const from = performance.now();
  await compressParts(sql, Date.now());
  const compressSeconds = Math.round((performance.now() - from) / 100) / 10;
  const compressed = perRow(await bytesOfTrades(sql));
  return {
    bytesPerTrade: { ...bytes, compressed, compressSeconds },
    lateRows: await measureLateRows(sql, tape),
  };
}

/** Tables, indexes and TOAST of all partitions or chunks, compressed ones included. */
async function bytesOfTrades(sql: Sql): Promise<number> {
  const isPartitioned = (await findArchiveLayout(sql)) === 'partitions';
  const [row] = isPartitioned
    ? await sql<{ bytes: number }[]>`
        SELECT sum(pg_total_relation_size(inhrelid)) AS bytes FROM pg_inherits WHERE inhparent = 'trades'::regclass`
    : await sql<{ bytes: number }[]>`SELECT hypertable_size('trades') AS bytes`;
  return Number(row?.bytes ?? 0);
}

/** New ids among trades that are compressed, and then the same again. */
async function measureLateRows(sql: Sql, tape: TradeTape) {
  const columns = tape.batches([0], LATE_ROWS, LATE_ROWS).map((batch) => ({
    ...batch,
    trades: batch.trades && { ...batch.trades, id: batch.trades.id.replaceAll(/\d+/g, 'late$&') },
  }));
  const timed = async () => {
    const from = performance.now();
    let added = 0;
    for (const batch of columns) added += (await addMarketFacts(sql, batch)).trades;
    return { added, ms: Math.round(performance.now() - from) };
  };
  return { rows: LATE_ROWS, new: await timed(), again: await timed() };
}

/** A day of one-minute candles of a symbol, as the API reads it, and recomputed from its trades. */
async function measureCandles(sql: Sql, day: number) {
  const building = performance.now();
  await buildCandles(sql);
  const buildSeconds = Math.round((performance.now() - building) / 100) / 10;
  await sql`ANALYZE`;
  const of = {
    venue: 'sim',
    symbol: SYMBOLS[0] as string,
    interval: '1m',
    from: day,
    to: day + DAY_MS,
  } as const;
  const [built, read] = await quickest(() => listBuiltCandles(sql, { ...of, limit: 2_000 }));
  const [recomputed] = await quickest(() => recompute(sql, of));
  return { minutes: read.length, builtMs: built, recomputedMs: recomputed, buildSeconds };
}

const recompute = (sql: Sql, of: { venue: string; symbol: string; from: number; to: number }) => sql`
  SELECT date_bin('1 minute', ts, 'epoch') AS minute, (array_agg(price ORDER BY ts, length(trade_id), trade_id))[1],
    max(price), min(price), (array_agg(price ORDER BY ts, length(trade_id), trade_id))[count(*)], sum(size)
  FROM trades WHERE instrument_id = (SELECT id FROM instruments WHERE venue = ${of.venue} AND symbol = ${of.symbol})
    AND ts >= ${of.from} AND ts < ${of.to} GROUP BY 1 ORDER BY 1`;

/** Of five runs; in ms, to a tenth. */
async function quickest<T>(work: () => Promise<T>): Promise<[ms: number, result: T]> {
  let best = Number.POSITIVE_INFINITY;
  let result = await work();
  for (let run = 0; run < 5; run++) {
    const from = performance.now();
    result = await work();
    best = Math.min(best, performance.now() - from);
  }
  return [Math.round(best * 10) / 10, result];
}

export type ArchiveFigures = Awaited<ReturnType<typeof measureArchive>>;
