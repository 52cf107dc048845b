import { type Job, type JobsOptions, Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { type Payload, parsePayload, type TaskName, taskDefinition } from '../tasks/catalogue.ts';
import { QUEUE_NAMES, QUEUES, type QueueName } from '../tasks/define.ts';

export interface EnqueueOptions {
  /** Job id: while a job of this id is kept, another is not added. Never all digits, never with a colon. */
  id?: string;
  delayMs?: number;
  /** Of `shardKeyOf`: on a sharded queue, tasks of one key always meet the same worker. */
  shardKey?: string;
}

/** All queues of a cluster, opened when first used; `enqueue` is the only way in. */
export class Queues {
  readonly prefix: string;
  readonly shards: number;
  readonly #redis: Redis;
  readonly #open = new Map<string, Queue>();

  constructor(redis: Redis, { prefix, shards }: { prefix: string; shards: number }) {
    this.#redis = redis;
    this.prefix = prefix;
    this.shards = shards;
  }

  /**
   * Adds a task. Resolves when Redis has it; rejects at once while Redis is away.
   * @throws {RejectError} naming the field, when the payload is not what the catalogue says
   */
  async enqueue<N extends TaskName>(
    name: N,
    payload: Payload<N>,
    options: EnqueueOptions = {},
  ): Promise<Job> {
    const parsed = parsePayload(name, payload);
    const queue = this.get(this.physicalName(taskDefinition(name).queue, options.shardKey));
    return queue.add(name, parsed, jobOptions(name, options));
  }

  /**
   * Adds a task unless its job is on its way; one that had given up gets a new life. For the sweep, which can't know.
   * Returns whether it was added.
   */
  async enqueueIfAbsent<N extends TaskName>(
    name: N,
    payload: Payload<N>,
    options: EnqueueOptions & { id: string },
  ): Promise<boolean> {
    const queue = this.get(this.physicalName(taskDefinition(name).queue, options.shardKey));
    const job = await queue.getJob(options.id);
    if (job) {
      if (!(await job.isFailed()) && !(await job.isCompleted())) return false;
      await job.remove();
    }
    await this.enqueue(name, payload, options);
    return true;
  }

  /** The BullMQ queue of a name that `physicalNames` knows. */
  get(name: string): Queue {
    let queue = this.#open.get(name);
    if (!queue) {
      queue = new Queue(name, { connection: this.#redis, prefix: this.prefix });
      // The connection tells of its own outages, and whoever enqueues gets the error.
      queue.on('error', () => {});
      this.#open.set(name, queue);
    }
    return queue;
  }

  /** `archive` → `archive-0`, `archive-1` …; an unsharded queue is its own only shard. */
  physicalNames(queue: QueueName): string[] {
    if (!QUEUES[queue].sharded) return [queue];
    return Array.from({ length: this.shards }, (_, shard) => `${queue}-${shard}`);
  }

  allPhysicalNames(): string[] {
    return QUEUE_NAMES.flatMap((queue) => this.physicalNames(queue));
  }

  physicalName(queue: QueueName, shardKey = ''): string {
    return QUEUES[queue].sharded ? `${queue}-${shardOf(shardKey, this.shards)}` : queue;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#open.values()].map((queue) => queue.close()));
  }
}

/** What keeps its order: everything of one symbol goes through one shard. */
export const shardKeyOf = ({ venue, symbol }: { venue: string; symbol: string }): string =>
  `${venue}:${symbol}`;

/** A stable hash (FNV-1a) of a key such as `binance:BTC/USDT`, so that every process agrees on its shard. */
export function shardOf(key: string, shards: number): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193);
  return (hash >>> 0) % shards;
}

/** How BullMQ is to treat a task, from what the catalogue says of it. */
export function jobOptions(name: TaskName, { id, delayMs }: EnqueueOptions = {}): JobsOptions {
  const { attempts, backoffMs, recorded } = taskDefinition(name);
  return {
    ...(id && { jobId: id }),
    ...(delayMs && { delay: delayMs }),
    attempts,
    backoff: { type: 'millrace', delay: backoffMs },
    removeOnComplete: recorded ? { age: 3_600, count: 1_000 } : true,
    removeOnFail: { age: 7 * 86_400, count: 1_000 },
  };
}
