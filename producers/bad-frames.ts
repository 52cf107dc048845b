import { createHash } from 'node:crypto';
import { messageOf } from '../shared/errors.ts';
import type { Log } from '../shared/log.ts';
import type { Metrics } from '../shared/metrics.ts';
import type { Queues } from '../shared/queue/queues.ts';
import type { Payload } from '../shared/tasks/catalogue.ts';

type KeptFrame = Payload<'keep_bad_frames'>['frames'][number];

const FLUSH_MS = 500;
const FRAMES_A_JOB = 250;
const MOST_WAITING = 5_000;
const MOST_REASONS = 200;
const HEAD_LENGTH = 2_000;

/**
 * Counts frames that no adapter could read, each one, and sends them on to be kept: at most 500 a second, at most
 * 5,000 waiting; what a flood brings beyond that is counted only.
 */
export class BadFrames {
  readonly #venue: string;
  readonly #queues: Queues;
  readonly #metrics: Metrics;
  readonly #log: Log;
  readonly #reasons = new Set<string>();
  readonly #timer: NodeJS.Timeout;
  #waiting: KeptFrame[] = [];
  #count = 0;
  #notKept = 0;
  #flushing: Promise<void> | undefined;

  constructor(deps: { venue: string; queues: Queues; metrics: Metrics; log: Log }) {
    this.#venue = deps.venue;
    this.#queues = deps.queues;
    this.#metrics = deps.metrics;
    this.#log = deps.log;
    this.#timer = setInterval(() => this.#flushSoon(), FLUSH_MS);
  }

  add(bad: { receivedAt: number; reason: string; bytes: number; frame: string }): void {
    this.#count++;
    this.#metrics.badFrames.inc({ venue: this.#venue, reason: this.#labelOf(bad.reason) });
    if (this.#waiting.length >= MOST_WAITING) {
      this.#notKept++;
      return;
    }
    const hash = createHash('sha256').update(bad.frame).digest('hex').slice(0, 32);
    this.#waiting.push({
      receivedAt: bad.receivedAt,
      reason: bad.reason.slice(0, 300),
      bytes: bad.bytes,
      head: bad.frame.slice(0, HEAD_LENGTH),
      // The count tells equal frames of one millisecond apart.
      digest: `${hash}-${this.#count}`,
    });
  }

  /** Sends what one last job holds. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#flushSoon();
    await this.#flushing;
  }

  #flushSoon() {
    this.#flushing ??= this.#flush().finally(() => {
      this.#flushing = undefined;
    });
  }

  async #flush() {
    const frames = this.#waiting.slice(0, FRAMES_A_JOB);
    if (frames.length === 0) return;
    try {
      await this.#queues.enqueue('keep_bad_frames', { venue: this.#venue, frames });
      this.#waiting = this.#waiting.slice(frames.length);
      this.#log.warn(
        { kept: frames.length, notKept: this.#notKept, reason: frames[0]?.reason },
        'bad frames',
      );
      this.#notKept = 0;
    } catch (error) {
      this.#log.debug({ reason: messageOf(error) }, 'bad frames wait for Redis');
    }
  }

  /** A reason may quote the frame: only so many make a label of their own. */
  #labelOf(reason: string): string {
    if (this.#reasons.size < MOST_REASONS) this.#reasons.add(reason);
    return this.#reasons.has(reason) ? reason : 'other';
  }
}
