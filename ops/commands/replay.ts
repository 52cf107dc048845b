import { loadConfig } from '../../shared/config.ts';
import { checkDatabase } from '../../shared/db/server.ts';
import { findVenue } from '../../shared/exchanges/venues.ts';
import { Releasers } from '../../shared/lifecycle.ts';
import { createLog } from '../../shared/log.ts';
import { checkRedis } from '../../shared/queue/redis.ts';
import { writeOut } from '../output.ts';
import { readSpeed } from '../pace.ts';
import { Replay, type ReplayReport } from '../replay.ts';
import { withRunningCluster } from '../running-cluster.ts';

/** `millrace replay`: a recording through the queues of the running cluster, to its last committed row. */
export async function replay(
  file: string | undefined,
  options: { venue: string; market: string; speed: string; json?: boolean },
): Promise<void> {
  const venue = findVenue(options.venue, options.market);
  const speed = readSpeed(options.speed);
  const config = withRunningCluster(loadConfig());
  await Promise.all([checkRedis(config.REDIS_URL), checkDatabase(config.TIMESCALEDB_URL)]);
  const log = createLog('replay', 'error');
  const releasers = new Releasers(log);
  try {
    const say = (text: string) => process.stderr.write(`millrace: ${text}\n`);
    const report = await new Replay(config, venue, log, releasers).run(file, say, speed);
    await writeOut(`${options.json ? JSON.stringify(report) : inWords(report)}\n`);
  } finally {
    await releasers.close();
  }
}

function inWords({ frames, tradesSent, newRows, badFrames, symbols }: ReplayReport): string {
  const stored = Object.entries(symbols).map(
    ([symbol, { rows, totalSize, firstId, lastId }]) =>
      `${symbol}: ${rows} rows in the range, ${totalSize} ${symbol.split('/')[0]}, ids ${firstId} to ${lastId}`,
  );
  return [
    `${frames} frames, ${tradesSent} trades sent, ${newRows.trades} new rows, ${badFrames} bad frames`,
    ...stored,
  ].join('; ');
}
