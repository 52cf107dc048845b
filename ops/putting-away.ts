import { Releasers } from '../shared/lifecycle.ts';
import { createLog } from '../shared/log.ts';

/** Does work that starts servers and processes, and puts them away when it ends: well, badly or by Ctrl-C. */
export async function puttingAway<T>(name: string, work: (releasers: Releasers) => Promise<T>): Promise<T> {
  const releasers = new Releasers(createLog(name, 'warn'));
  const stop = () => void releasers.close().then(() => process.exit(130));
  process.once('SIGINT', stop).once('SIGTERM', stop);
  try {
    return await work(releasers);
  } finally {
    await releasers.close();
    process.off('SIGINT', stop).off('SIGTERM', stop);
  }
}
