import { startApi } from '../../api/server.ts';
import { loadConfig } from '../../shared/config.ts';
import { runProcess } from '../../shared/lifecycle.ts';
import { createLog } from '../../shared/log.ts';

/** `millrace api`: the api and the console, until it is told to stop. */
export async function api(): Promise<void> {
  const config = loadConfig();
  const log = createLog('api', config.LOG_LEVEL);
  await runProcess(log, async (releasers) => {
    await startApi(config, log, releasers);
  });
}
