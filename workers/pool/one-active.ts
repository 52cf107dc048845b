import type { Queues } from '../../shared/queue/queues.ts';
import { QUEUES, type QueueName } from '../../shared/tasks/define.ts';

/**
 * A shard runs one job at a time in the whole cluster, however many pools consume it: a symbol keeps its order.
 * Redis holds that rule, so it is set again and again: an emptied Redis has forgotten it.
 */
export async function keepOneActive(queues: Queues, queueNames: readonly QueueName[]): Promise<void> {
  const sharded = queueNames.filter((queue) => QUEUES[queue].sharded);
  const names = sharded.flatMap((queue) => queues.physicalNames(queue));
  await Promise.all(names.map((name) => queues.get(name).setGlobalConcurrency(1)));
}
