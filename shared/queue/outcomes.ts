import { QueueEvents } from 'bullmq';
import type { Redis } from 'ioredis';
import { monotonic } from '../clock.ts';
import type { Queues } from './queues.ts';

const LOOK_EVERY_MS = 1_000;
const UNSEEN_AFTER_MS = 10_000;

interface Waiter {
  queue: string;
  /** Looked for only once it was surely enqueued. */
  since: number;
  resolve(result: unknown): void;
  reject(error: Error): void;
}

/** Follows jobs to their end, for a caller that gave them ids of its own. `redis` must be a blocking connection. */
export class Outcomes {
  readonly #queues: Queues;
  readonly #events: QueueEvents[];
  readonly #waiting = new Map<string, Waiter>();
  readonly #timer: NodeJS.Timeout;

  constructor(queues: Queues, redis: Redis, queueNames: readonly string[]) {
    this.#queues = queues;
    this.#events = queueNames.map((name) => {
      const events = new QueueEvents(name, { connection: redis, prefix: queues.prefix });
      // The connection tells of its own outages.
      events.on('error', () => {});
      events.on('completed', ({ jobId, returnvalue }) => this.#take(jobId)?.resolve(returnvalue));
      events.on('failed', ({ jobId, failedReason }) => this.#take(jobId)?.reject(new Error(failedReason)));
      return events;
    });
    this.#timer = setInterval(() => void this.#look(), LOOK_EVERY_MS);
  }

  async ready(): Promise<void> {
    await Promise.all(this.#events.map((events) => events.waitUntilReady()));
  }

  /**
   * What the job's handler returned; undefined when its end went by unseen. Call it before the job is enqueued.
   * @throws {Error} with the reason, when it failed for good
   */
  of(queue: string, jobId: string): Promise<unknown> {
    return new Promise((resolve, reject) =>
      this.#waiting.set(jobId, { queue, since: monotonic(), resolve, reject }),
    );
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all(this.#events.map((events) => events.close()));
  }

  #take(jobId: string): Waiter | undefined {
    const waiter = this.#waiting.get(jobId);
    this.#waiting.delete(jobId);
    return waiter;
  }

  /** Events are kept for a while only: a job that is gone has ended, whoever saw it. */
  async #look() {
    for (const [jobId, { queue, since }] of [...this.#waiting]) {
      if (monotonic() - since < UNSEEN_AFTER_MS) continue;
      try {
        const job = await this.#queues.get(queue).getJob(jobId);
        if (!job) this.#take(jobId)?.resolve(undefined);
        else if (await job.isFailed()) this.#take(jobId)?.reject(new Error(job.failedReason));
      } catch {
        return; // Redis is away: asked again in a second.
      }
    }
  }
}
