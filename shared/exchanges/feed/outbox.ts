import type { TokenBucket } from '../token-bucket.ts';

/** Sends messages in order, no faster than the venue allows. */
export class Outbox {
  readonly #budget: TokenBucket;
  readonly #send: (message: string) => void;
  readonly #stop = new AbortController();
  readonly #waiting: string[] = [];
  #busy = false;

  constructor(budget: TokenBucket, send: (message: string) => void) {
    this.#budget = budget;
    this.#send = send;
  }

  /** Nothing waits to be sent. */
  get isEmpty(): boolean {
    return !this.#busy;
  }

  send(...messages: string[]): void {
    this.#waiting.push(...messages);
    if (!this.#busy) void this.#sendAll();
  }

  /** Sends ahead of all others, for a ping that comes late is none; `free` where the venue does not count it. */
  sendNow(message: string, free = false): void {
    if (this.#stop.signal.aborted) return;
    if (!free) this.#budget.spend();
    this.#send(message);
  }

  /** What still waits is dropped. */
  close(): void {
    this.#stop.abort();
  }

  async #sendAll() {
    this.#busy = true;
    while (this.#waiting.length > 0 && (await this.#budget.take(1, this.#stop))) {
      this.#send(this.#waiting.shift() as string);
    }
    this.#busy = false;
  }
}
