import { loadConfig } from '../../shared/config.ts';
import { UserError } from '../../shared/errors.ts';
import { runProcess } from '../../shared/lifecycle.ts';
import { createLog } from '../../shared/log.ts';
import { chooseStrategies } from '../../shared/strategies/registry.ts';
import { QUEUE_NAMES, type QueueName } from '../../shared/tasks/define.ts';
import { startAutopilots } from '../../workers/execution/autopilots.ts';
import { handlers } from '../../workers/handlers.ts';
import { startPool } from '../../workers/pool/pool.ts';

/** `millrace worker`: one pool that consumes the named queues, until it is told to stop. */
export async function worker(options: { name?: string; queues: string }): Promise<void> {
  const config = loadConfig();
  chooseStrategies(config.STRATEGIES);
  const queues = parseQueues(options.queues);
  const name = options.name ?? (queues.length === QUEUE_NAMES.length ? 'all' : queues.join('-'));
  const log = createLog(`pool-${name}`, config.LOG_LEVEL);
  await runProcess(log, async (releasers) => {
    const prepare = queues.includes('execution') ? startAutopilots : undefined;
    await startPool(config, log, releasers, handlers, { name, queues, ...(prepare && { prepare }) });
  });
}

function parseQueues(text: string): QueueName[] {
  const names = text.split(',').map((name) => name.trim());
  const unknown = names.find((name) => !(QUEUE_NAMES as string[]).includes(name));
  if (unknown === undefined) return names as QueueName[];
  throw new UserError(`--queues names ${unknown || 'nothing'}: choose from ${QUEUE_NAMES.join(', ')}`);
}
