import { monotonic, sleep } from '../shared/clock.ts';
import { messageOf, RejectError, RetryError } from '../shared/errors.ts';
import type { Log } from '../shared/log.ts';
import type { Shipment } from './batcher.ts';
import type { Parcel } from './parcel.ts';
import type { Spool } from './spool.ts';

const RETRY_MS = 200;
const TELL_EVERY_MS = 5_000;

export interface DispatchOptions {
  /** Puts a parcel onto its queue; rejects while the queues can't take it. */
  deliver(parcel: Parcel): Promise<void>;
  spool: Spool<Parcel>;
  log: Log;
  /** No queue may take a parcel: it was left out. */
  onLeftOut(parcel: Parcel): void;
  /** What is on disk now. */
  onBytes?(bytes: number): void;
}

/**
 * The way of a shipment to the queues: straight on while they take it, else through the spool, in order. Once something
 * is spooled everything goes that way until the spool is empty, so that nobody overtakes.
 */
export class Dispatch {
  readonly #options: DispatchOptions;
  readonly #stop = new AbortController();
  #draining: Promise<void> | undefined;

  constructor(options: DispatchOptions) {
    this.#options = options;
  }

  /** Resolves when the shipment is on its queue or on disk. @throws {RetryError} when neither can take it */
  async send(shipment: Shipment): Promise<void> {
    const { deliver, spool, log, onBytes } = this.#options;
    const parcel = shipment.seal();
    if (spool.isEmpty) {
      try {
        return await deliver(parcel);
      } catch (error) {
        if (error instanceof RejectError) return this.#leaveOut(parcel, error);
        log.warn({ reason: messageOf(error) }, 'the queues take no batches: they go to the spool on disk');
      }
    }
    try {
      if (!(await spool.append(parcel))) throw new RetryError('the spool on disk is full (SPOOL_MAX_MB)');
      onBytes?.(spool.bytes);
    } finally {
      this.drain();
    }
  }

  /** Begins to deliver what is spooled, if anything is; `drained` tells when it is done. */
  drain(): void {
    if (this.#draining || this.#options.spool.isEmpty || this.#stop.signal.aborted) return;
    this.#draining = this.#deliverAll().finally(() => {
      this.#draining = undefined;
      this.drain();
    });
  }

  /** Waits until the spool is empty, no longer than `limitMs`. */
  async drained(limitMs: number): Promise<boolean> {
    const deadline = monotonic() + limitMs;
    while (this.#draining && monotonic() < deadline) {
      await Promise.race([this.#draining, sleep(deadline - monotonic(), this.#stop.signal)]);
    }
    return this.#options.spool.isEmpty;
  }

  /** Stops delivering; what is spooled stays on disk for the next start. */
  async close(): Promise<void> {
    this.#stop.abort();
    await this.#draining;
    await this.#options.spool.close();
  }

  async #deliverAll() {
    const { spool, log, onBytes } = this.#options;
    let [delivered, toldAt] = [0, monotonic()];
    for await (const parcel of spool.take()) {
      if (!(await this.#deliverUntilTaken(parcel))) return;
      delivered++;
      onBytes?.(spool.bytes);
      if (monotonic() - toldAt < TELL_EVERY_MS) continue;
      toldAt = monotonic();
      log.info({ delivered, bytesLeft: spool.bytes }, 'emptying the spool');
    }
    onBytes?.(spool.bytes);
    log.info({ delivered }, 'the spool is empty: batches flow again');
  }

  async #deliverUntilTaken(parcel: Parcel): Promise<boolean> {
    while (!this.#stop.signal.aborted) {
      try {
        await this.#options.deliver(parcel);
        return true;
      } catch (error) {
        if (error instanceof RejectError) {
          this.#leaveOut(parcel, error);
          return true;
        }
        await sleep(RETRY_MS, this.#stop.signal);
      }
    }
    return false;
  }

  #leaveOut(parcel: Parcel, { message: reason }: RejectError) {
    this.#options.log.error(
      { reason },
      'a batch that no queue may take was left out: its trades are asked for',
    );
    this.#options.onLeftOut(parcel);
  }
}
