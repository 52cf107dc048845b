import { startProducer } from '../../producers/producer.ts';
import { loadConfig } from '../../shared/config.ts';
import { runProcess } from '../../shared/lifecycle.ts';
import { createLog } from '../../shared/log.ts';

/** Runs the producer of one venue until it is told to stop. */
export async function producer({ venue }: { venue: string }): Promise<void> {
  const config = loadConfig();
  const log = createLog(`producer-${venue}`, config.LOG_LEVEL);
  await runProcess(log, (releasers) => startProducer(config, log, releasers, { venue }));
}
