import { UserError } from '../../shared/errors.ts';
import { type ArchiveFigures, measureArchive } from '../bench/archive.ts';
import { withServers } from '../bench/bench.ts';
import { writeOut } from '../output.ts';

const ROUNDS = 3;

/**
 * `millrace bench archive`: rows a second of the archive's write path (deduplicated, durable, as many connections as
 * there are shards) beside plain COPY into the same table of the same run; bytes a trade, late rows, candles.
 */
export async function benchArchive(options: { json?: boolean; rows: string }): Promise<void> {
  const rows = Number(options.rows);
  if (!(Number.isInteger(rows) && rows >= 10_000 && rows <= 10_000_000)) {
    throw new UserError(
      `--rows ${options.rows} is not valid: it must be a whole number from 10000 to 10000000`,
    );
  }
  const report = await withServers(async (servers, say) => ({
    ...(await measureArchive(servers, { rows, rounds: ROUNDS }, say)),
    durability: servers.durability,
  }));
  await writeOut(`${options.json ? JSON.stringify(report) : inWords(report)}\n`);
}

function inWords({
  rowsPerSecond,
  copy,
  ratio,
  connections,
  batchRows,
  bytesPerTrade,
  candles,
}: ArchiveFigures) {
  const { uncompressed, compressed } = bytesPerTrade;
  return [
    `${rowsPerSecond} rows/s, deduplicated, in batches of ${batchRows} over ${connections} connections`,
    `${copy.rowsPerSecond} rows/s by plain COPY: we reach ${ratio} of it`,
    `${uncompressed} bytes a trade, ${compressed === null ? 'no compression without TimescaleDB' : `${compressed} compressed`}`,
    `${candles.minutes} one-minute candles in ${candles.builtMs} ms, from their trades in ${candles.recomputedMs} ms`,
  ].join('\n');
}
