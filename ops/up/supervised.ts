import { monotonic, sleep } from '../../shared/clock.ts';
import { messageOf, UserError } from '../../shared/errors.ts';
import type { ClusterProcess } from '../cluster-file.ts';
import type { Running } from '../services/service.ts';

/** A running child; `ready` resolves when it works and stays pending when it ends before. */
export interface Launched extends Running {
  ready: Promise<void>;
  /** Why it ended: a sentence for the terminal, from its log. */
  lastWords(): string;
}

export type SupervisedEvent =
  | { type: 'launched'; name: string }
  | { type: 'ready'; name: string; afterMs: number; again: boolean }
  | { type: 'failed'; name: string; reason: string; againInMs: number };

const FIRST_WAIT_MS = 200;
const LONGEST_WAIT_MS = 15_000;
/** A child that worked for so long did not fail at starting: its next restart is quick again. */
const STEADY_MS = 30_000;
/** How `runProcess` ends after a UserError. */
const USER_ERROR = 'exit code 2';

/**
 * Keeps one process running: launched again when it ends, at once the first time, then ever more slowly up to 15 s.
 * Knows nothing of what the process is.
 */
export class Supervised {
  readonly name: string;
  readonly kind: ClusterProcess['kind'];
  readonly #launch: () => Promise<Launched>;
  readonly #onEvent: (event: SupervisedEvent) => void;
  readonly #stop = new AbortController();
  readonly #onceReady = deferred();
  readonly #tries: number;
  readonly #onPid: () => void;
  #running: Launched | undefined;
  #loop: Promise<void> | undefined;
  #wasReady = false;
  #killed = false;

  constructor(
    name: string,
    kind: ClusterProcess['kind'],
    launch: () => Promise<Launched>,
    onEvent: (event: SupervisedEvent) => void,
    { tries, onPid }: { tries?: number | undefined; onPid?: () => void } = {},
  ) {
    this.name = name;
    this.kind = kind;
    this.#launch = launch;
    this.#onEvent = onEvent;
    this.#tries = tries ?? Number.POSITIVE_INFINITY;
    this.#onPid = onPid ?? (() => {});
  }

  /** 0 while there is none. */
  get pid(): number {
    return this.#running?.pid ?? 0;
  }

  /**
   * Resolves when it is ready for the first time.
   * @throws {UserError} when that first start fails for a reason that a person must mend
   */
  start(): Promise<void> {
    this.#onceReady.promise.catch(() => {});
    this.#loop ??= this.#keep();
    return this.#onceReady.promise;
  }

  /** Asks it to stop in good order, kills it after `patienceMs`, and returns when it is gone. */
  async stop(patienceMs: number): Promise<void> {
    this.#stop.abort();
    await this.#running?.stop(patienceMs);
    await this.#loop;
  }

  /** Ends it at once and for good; `stop` then returns soon. */
  kill(): void {
    this.#killed = true;
    this.#stop.abort();
    this.#running?.kill();
  }

  async #keep() {
    let waitMs = FIRST_WAIT_MS;
    for (let failures = 1; !this.#stop.signal.aborted; failures++) {
      const startedAt = monotonic();
      const { reason, mendable } = await this.#runOnce(startedAt);
      this.#running = undefined;
      if (this.#stop.signal.aborted) break;
      this.#onPid();
      if (mendable || failures >= this.#tries) this.#onceReady.reject(new UserError(reason));
      if (monotonic() - startedAt > STEADY_MS) waitMs = FIRST_WAIT_MS;
      this.#onEvent({ type: 'failed', name: this.name, reason, againInMs: waitMs });
      await sleep(waitMs, this.#stop.signal);
      waitMs = Math.min(LONGEST_WAIT_MS, waitMs * 2);
    }
    this.#onceReady.reject(new Error(`${this.name} was stopped before it was ready`));
  }

  /** One life, from launch to end. `mendable` when a person must act; that it did not start is then in `reason`. */
  async #runOnce(startedAt: number): Promise<{ reason: string; mendable: boolean }> {
    try {
      const running = await this.#launch();
      this.#running = running;
      this.#onPid();
      this.#onEvent({ type: 'launched', name: this.name });
      if (this.#stop.signal.aborted) await this.#stopLate(running);
      const early = await Promise.race([running.exited, running.ready.then(() => undefined)]);
      if (early === undefined) this.#announce(monotonic() - startedAt);
      const end = early ?? (await running.exited);
      const words = end.startsWith('killed') ? '' : running.lastWords();
      if (end === USER_ERROR && words) return { reason: words, mendable: true };
      return { reason: words ? `${end}: ${words}` : end, mendable: false };
    } catch (error) {
      return { reason: messageOf(error), mendable: error instanceof UserError };
    }
  }

  #announce(afterMs: number) {
    this.#onEvent({ type: 'ready', name: this.name, afterMs, again: this.#wasReady });
    this.#wasReady = true;
    this.#onceReady.resolve();
  }

  #stopLate(running: Launched): Promise<void> | void {
    return this.#killed ? running.kill() : running.stop();
  }
}

function deferred() {
  let resolve = () => {};
  let reject = (_reason: Error) => {};
  const promise = new Promise<void>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  return { promise, resolve, reject };
}
