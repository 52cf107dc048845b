import { puttingAway } from '../putting-away.ts';
import { type BenchServers, forget, startServers } from './servers.ts';

/** Runs a bench on servers of its own and puts everything away, also on Ctrl-C. */
export async function withServers<T>(
  work: (servers: BenchServers, say: (text: string) => void, empty: () => Promise<void>) => Promise<T>,
): Promise<T> {
  const say = (text: string) => process.stderr.write(`millrace: ${text}\n`);
  return puttingAway('bench', async (releasers) => {
    const servers = await startServers(say, releasers);
    const empty = async () => {
      await servers.sql`TRUNCATE trades, candles, book_snapshots, tasks`;
      await forget(servers.redis, servers.config.NAMESPACE);
    };
    return work(servers, say, empty);
  });
}
