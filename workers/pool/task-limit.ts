/**
 * What may end a task early: its time limit, or one of the `causes`. To be released when the task is over.
 *
 * In place of `AbortSignal.any`, of which every call leaves a trace on a signal that lives on: with a pool's signal
 * and hundreds of tasks a second that is a leak. https://github.com/nodejs/node/issues/54614
 */
export class TaskLimit {
  /** Whether the time limit was what ended it. */
  isTimeUp = false;
  readonly #controller = new AbortController();
  readonly #causes: readonly AbortSignal[];
  readonly #timer: NodeJS.Timeout;
  readonly #abort = () => this.#controller.abort();

  constructor(limitMs: number, causes: readonly AbortSignal[]) {
    this.#causes = causes;
    this.#timer = setTimeout(() => {
      this.isTimeUp = true;
      this.#abort();
    }, limitMs);
    for (const cause of causes) {
      if (cause.aborted) this.#abort();
      else cause.addEventListener('abort', this.#abort, { once: true });
    }
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  release(): void {
    clearTimeout(this.#timer);
    for (const cause of this.#causes) cause.removeEventListener('abort', this.#abort);
  }
}
