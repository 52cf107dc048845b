import { once } from 'node:events';
import type { OneJobSettings } from './one-job.ts';
import { type Contender, SYMBOLS, startProgram } from './run.ts';

/** One BullMQ job an event, in a process for each end, as ours. */
export const oneJobPerEvent: Contender = async ({ config }, simUrl, releasers) => {
  const settings: OneJobSettings = {
    redisUrl: config.REDIS_URL,
    databaseUrl: config.TIMESCALEDB_URL,
    prefix: config.NAMESPACE,
    streamUrl: `${simUrl.replace('http', 'ws')}/stream`,
    symbols: SYMBOLS,
  };
  for (const end of ['worker', 'producer']) {
    const child = startProgram('one-job', [end]);
    releasers.push(end, () => child.kill('SIGKILL'));
    child.send(settings);
    await once(child, 'message');
  }
};
