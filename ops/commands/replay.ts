import { now } from '../../shared/clock.ts';
import { loadConfig } from '../../shared/config.ts';
import { createSql, type Sql } from '../../shared/db/client.ts';
import { listInstruments } from '../../shared/db/instruments.ts';
import { checkDatabase } from '../../shared/db/server.ts';
import { UserError } from '../../shared/errors.ts';
import { findVenue } from '../../shared/exchanges/venues.ts';
import { Releasers } from '../../shared/lifecycle.ts';
import { createLog } from '../../shared/log.ts';
import { checkRedis } from '../../shared/queue/redis.ts';
import { writeOut } from '../output.ts';
import { readSpeed } from '../pace.ts';
import { Replay, type ReplayReport } from '../replay.ts';
import { archiveSource, readTime, recordingSource } from '../replay-sources.ts';
import { withRunningCluster } from '../running-cluster.ts';

interface Options {
  venue: string;
  market?: string;
  symbols?: string;
  from?: string;
  to?: string;
  speed: string;
  json?: boolean;
}

/** `millrace replay`: a recording, or a stretch of the archive, through the queues to its last committed row. */
export async function replay(file: string | undefined, options: Options): Promise<void> {
  const speed = readSpeed(options.speed);
  const range = readRange(file, options);
  const recorded = range ? undefined : recordingSource(file, findVenue(options.venue, options.market));
  const config = withRunningCluster(loadConfig());
  await Promise.all([checkRedis(config.REDIS_URL), checkDatabase(config.TIMESCALEDB_URL)]);
  const log = createLog('replay', 'error');
  const releasers = new Releasers(log);
  try {
    const sql = createSql(config.TIMESCALEDB_URL, { name: 'replay source', max: 4 });
    releasers.push('source', () => sql.end({ timeout: 2 }));
    const source = recorded ?? archiveSource(sql, await archivedRange(sql, options, range as Range));
    const say = (text: string) => process.stderr.write(`millrace: ${text}\n`);
    const report = await new Replay(config, source, log, releasers).run(say, speed);
    await writeOut(`${options.json ? JSON.stringify(report) : inWords(report)}\n`);
  } finally {
    await releasers.close();
  }
}

type Range = { from: number; to: number };

/** The stretch that is asked for; undefined where a recording is. */
function readRange(file: string | undefined, { from, to, market }: Options): Range | undefined {
  if (from === undefined && to === undefined) {
    if (market === undefined) throw new UserError('--market is missing: say what was recorded, such as spot');
    return undefined;
  }
  if (file !== undefined) throw new UserError(`${file}: give a recording, or --from and --to, not both`);
  if (from === undefined)
    throw new UserError('--from is missing: say where the stretch of the archive begins');
  const range = { from: readTime('--from', from), to: to === undefined ? now() : readTime('--to', to) };
  if (range.from < range.to) return range;
  throw new UserError(`--from ${from} must be earlier than --to ${to ?? '(now)'}`);
}

/** @throws {UserError} naming what the archive has, when it lacks the venue or a symbol */
async function archivedRange(sql: Sql, { venue, symbols }: Options, range: Range) {
  const held = (await listInstruments(sql)).filter((row) => row.venue === venue).map((row) => row.symbol);
  if (held.length === 0) {
    const venues = [...new Set((await listInstruments(sql)).map((row) => row.venue))];
    throw new UserError(`nothing of ${venue} is archived: there is ${venues.join(', ') || 'nothing at all'}`);
  }
  const wanted = symbols?.split(',').map((symbol) => symbol.trim()) ?? held;
  const unknown = wanted.find((symbol) => !held.includes(symbol));
  if (unknown)
    throw new UserError(`nothing of ${unknown} is archived for ${venue}: there is ${held.join(', ')}`);
  return { venue, symbols: wanted, ...range };
}

function inWords({ frames, tradesSent, newRows, badFrames, symbols }: ReplayReport): string {
  const stored = Object.entries(symbols).map(
    ([symbol, { rows, totalSize, firstId, lastId }]) =>
      `${symbol}: ${rows} rows in the range, ${totalSize} ${symbol.split('/')[0]}, ids ${firstId} to ${lastId}`,
  );
  const read = frames > 0 ? [`${frames} frames, ${badFrames} bad ones`] : [];
  const added = Object.entries(newRows).map(([table, rows]) => `${rows} ${table}`);
  return [...read, `${tradesSent} trades sent`, `new rows: ${added.join(', ')}`, ...stored].join('; ');
}
