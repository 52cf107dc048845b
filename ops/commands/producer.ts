import { startProducer } from '../../producers/producer.ts';
import { loadConfig } from '../../shared/config.ts';
import { producerName, readEntry } from '../../shared/exchanges/entries.ts';
import { runProcess } from '../../shared/lifecycle.ts';
import { createLog } from '../../shared/log.ts';

/** Runs the producer of one entry of `SUPPORTED_EXCHANGES` until it is told to stop. */
export async function producer({ venue }: { venue: string }): Promise<void> {
  const config = loadConfig();
  const { name } = readEntry(venue);
  const log = createLog(producerName(name), config.LOG_LEVEL);
  await runProcess(log, (releasers) => startProducer(config, log, releasers, { entry: name }));
}
