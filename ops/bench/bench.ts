import { Releasers } from '../../shared/lifecycle.ts';
import { createLog } from '../../shared/log.ts';
import { type BenchServers, forget, startServers } from './servers.ts';

/** Runs a bench on servers of its own and puts everything away, also on Ctrl-C. */
export async function withServers<T>(
  work: (servers: BenchServers, say: (text: string) => void, empty: () => Promise<void>) => Promise<T>,
): Promise<T> {
  const releasers = new Releasers(createLog('bench', 'warn'));
  const say = (text: string) => process.stderr.write(`millrace: ${text}\n`);
  const stop = () => void releasers.close().then(() => process.exit(130));
  process.once('SIGINT', stop).once('SIGTERM', stop);
  try {
    const servers = await startServers(say, releasers);
    const empty = async () => {
      await servers.sql`TRUNCATE trades, candles, book_snapshots, tasks`;
      await forget(servers.redis, servers.config.NAMESPACE);
    };
    return await work(servers, say, empty);
  } finally {
    await releasers.close();
    process.off('SIGINT', stop).off('SIGTERM', stop);
  }
}
