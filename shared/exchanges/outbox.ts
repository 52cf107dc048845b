import { monotonic } from '../clock.ts';

/** Sends messages in order, no faster than the venue allows. */
export class Outbox {
  readonly #budget: { count: number; perMs: number };
  readonly #send: (message: string) => void;
  #waiting: string[] = [];
  #sentAt: number[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(budget: { count: number; perMs: number }, send: (message: string) => void) {
    this.#budget = budget;
    this.#send = send;
  }

  send(...messages: string[]): void {
    this.#waiting.push(...messages);
    this.#flush();
  }

  /** What still waits is dropped. */
  close(): void {
    clearTimeout(this.#timer);
    this.#waiting = [];
  }

  #flush() {
    clearTimeout(this.#timer);
    const { count, perMs } = this.#budget;
    while (this.#waiting.length > 0) {
      const at = monotonic();
      this.#sentAt = this.#sentAt.filter((sentAt) => at - sentAt < perMs);
      if (this.#sentAt.length >= count) {
        const oldest = this.#sentAt[0] as number;
        this.#timer = setTimeout(() => this.#flush(), Math.ceil(oldest + perMs - at));
        return;
      }
      this.#sentAt.push(at);
      this.#send(this.#waiting.shift() as string);
    }
  }
}
