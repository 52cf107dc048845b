import { now } from '../../shared/clock.ts';
import type { Queues } from '../../shared/queue/queues.ts';

/** How many jobs of a physical queue are in which state. */
export interface QueueDepth {
  name: string;
  waiting: number;
  active: number;
  delayed: number;
  failed: number;
  completed: number;
  paused: boolean;
  /** Age of the job that has waited longest; null when none waits. */
  oldestWaitingMs: number | null;
}

/** Depths of all queues, in the order of the catalogue. Rejects while Redis is away. */
export function listQueueDepths(queues: Queues): Promise<QueueDepth[]> {
  return Promise.all(queues.allPhysicalNames().map((name) => readDepth(queues, name)));
}

async function readDepth(queues: Queues, name: string): Promise<QueueDepth> {
  const queue = queues.get(name);
  const [counts, paused, [oldest]] = await Promise.all([
    queue.getJobCounts('waiting', 'prioritized', 'active', 'delayed', 'failed', 'completed'),
    queue.isPaused(),
    queue.getJobs(['waiting'], 0, 0, true),
  ]);
  const count = (state: string) => counts[state] ?? 0;
  return {
    name,
    waiting: count('waiting') + count('prioritized'),
    active: count('active'),
    delayed: count('delayed'),
    failed: count('failed'),
    completed: count('completed'),
    paused,
    oldestWaitingMs: oldest ? Math.max(0, now() - oldest.timestamp) : null,
  };
}
