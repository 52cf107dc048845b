import { monotonic, sleep } from '../shared/clock.ts';

/** What a lane collects: it grows event by event and is sent as one. */
export interface Growing {
  count: number;
}

export interface LaneOptions<B extends Growing> {
  create(): B;
  /** Sends one batch; a rejection means: try again, in order. */
  send(batch: B): Promise<void>;
  /** Told at the first failure in a row, and when it works again. */
  onTrouble(error: unknown): void;
  onRecovered(): void;
  maxEvents: number;
  maxMs: number;
}

/** While the workers are behind batches grow up to this: fewer, larger ones cost them less an event. */
const STRETCH = { events: 4, ms: 32 };
const RETRY_MS = 200;

/**
 * One shard's way onto its queue: collects events until the batch is full or old enough, and has one batch in flight,
 * so that events arrive in the order they were added. What comes meanwhile waits in ever fuller batches.
 */
export class Lane<B extends Growing> {
  readonly #options: LaneOptions<B>;
  readonly #full: B[] = [];
  readonly #stop = new AbortController();
  #open: B | undefined;
  #timer: NodeJS.Timeout | undefined;
  #due = false;
  #busy = false;
  #sending: Promise<void> | undefined;
  #stretch = 1;
  /** Events that wait or are in flight. */
  events = 0;

  constructor(options: LaneOptions<B>) {
    this.#options = options;
  }

  /** The batch that takes the next event; say `added` after each. */
  get open(): B {
    if (!this.#open) {
      this.#open = this.#options.create();
      const { maxMs } = this.#options;
      this.#timer = setTimeout(() => this.#isDue(), maxMs * this.#stretch);
    }
    return this.#open;
  }

  added(): void {
    this.events++;
    const batch = this.#open as B;
    const { maxEvents } = this.#options;
    if (batch.count >= maxEvents * STRETCH.events) {
      this.#seal();
      this.#wake();
    } else if (batch.count >= maxEvents && this.#stretch === 1 && !this.#due) this.#isDue();
  }

  /** Whether the workers are behind: each word of it doubles, or halves, how long a batch may wait. */
  press(areBehind: boolean): void {
    this.#stretch = areBehind ? Math.min(STRETCH.ms, this.#stretch * 2) : Math.max(1, this.#stretch / 2);
  }

  /** Sends everything, but takes no longer than `limitMs`; resolves to how many events are left. */
  async drain(limitMs: number): Promise<number> {
    const deadline = monotonic() + limitMs;
    while (this.events > 0 && monotonic() < deadline) {
      this.#isDue();
      await Promise.race([this.#sending, sleep(deadline - monotonic(), this.#stop.signal)]);
    }
    this.#stop.abort();
    clearTimeout(this.#timer);
    return this.events;
  }

  #isDue() {
    this.#due = true;
    this.#wake();
  }

  #seal() {
    clearTimeout(this.#timer);
    if (this.#open) this.#full.push(this.#open);
    this.#open = undefined;
    this.#due = false;
  }

  #wake() {
    if (this.#busy) return;
    this.#busy = true;
    this.#sending = this.#sendAll();
  }

  async #sendAll() {
    for (let batch = this.#next(); batch; batch = this.#next()) {
      if (await this.#sendUntilTaken(batch)) this.events -= batch.count;
    }
    this.#busy = false;
  }

  #next(): B | undefined {
    if (this.#stop.signal.aborted) return undefined;
    if (this.#full.length === 0 && this.#due) this.#seal();
    return this.#full.shift();
  }

  async #sendUntilTaken(batch: B): Promise<boolean> {
    for (let attempt = 0; !this.#stop.signal.aborted; attempt++) {
      try {
        await this.#options.send(batch);
        if (attempt > 0) this.#options.onRecovered();
        return true;
      } catch (error) {
        if (attempt === 0) this.#options.onTrouble(error);
        await sleep(RETRY_MS, this.#stop.signal);
      }
    }
    return false;
  }
}
