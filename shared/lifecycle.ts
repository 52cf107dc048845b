import { endsWithin } from './clock.ts';
import { messageOf, UserError } from './errors.ts';
import type { Log } from './log.ts';

type Undo = () => unknown;

/**
 * Whoever acquires pushes the undo; `close` runs them last first, once, however often it is called.
 * An undo that throws is reported and does not keep the others from running.
 */
export class Releasers {
  #undos: { name: string; undo: Undo }[] = [];
  #closing: Promise<void> | undefined;
  readonly #log: Log;

  constructor(log: Log) {
    this.#log = log;
  }

  push(name: string, undo: Undo): void {
    if (this.#closing) throw new Error(`cannot acquire ${name}: already closing`);
    this.#undos.push({ name, undo });
  }

  close(): Promise<void> {
    this.#closing ??= this.#releaseAll();
    return this.#closing;
  }

  async #releaseAll() {
    for (const { name, undo } of this.#undos.reverse()) {
      try {
        await undo();
      } catch (error) {
        this.#log.warn({ what: name, reason: messageOf(error) }, 'release failed');
      }
    }
    this.#undos = [];
  }
}

/**
 * Runs one process of the cluster until SIGTERM, SIGINT or its supervisor's death, then drains.
 *
 * `start` acquires and pushes undos; one that still waits, for Redis perhaps, keeps nothing from stopping. A drain that outlasts `drainMs` exits 1; an unhandled rejection is a
 * defect: it is logged and the process exits 1, for the supervisor to start it afresh (crash-only).
 */
export async function runProcess(
  log: Log,
  start: (releasers: Releasers) => Promise<void>,
  { drainMs = 20_000 } = {},
): Promise<void> {
  const releasers = new Releasers(log);
  const stop = stopSignal(log);
  process.on('unhandledRejection', (reason) => die(log, reason));
  process.on('uncaughtException', (error) => die(log, error));
  try {
    const started = start(releasers).then(() => process.send?.({ ready: true }));
    await Promise.race([started, stop]);
    await stop;
  } catch (error) {
    if (error instanceof UserError) log.fatal(error.message);
    else log.fatal({ err: error }, 'start failed');
    process.exitCode = error instanceof UserError ? 2 : 1;
  }
  const drained = await endsWithin(drainMs, releasers.close());
  if (!drained) log.error({ drainMs }, 'drain took too long, exiting anyway');
  process.exit(drained ? (process.exitCode ?? 0) : 1);
}

function stopSignal(log: Log): Promise<void> {
  return new Promise((resolve) => {
    const stop = (why: string) => {
      log.info({ why }, 'stopping');
      resolve();
    };
    process.once('SIGTERM', () => stop('SIGTERM'));
    process.once('SIGINT', () => stop('SIGINT'));
    process.once('disconnect', () => stop('the supervisor is gone'));
    // A second signal must not end the drain that the first began.
    process.on('SIGTERM', () => {});
    process.on('SIGINT', () => {});
  });
}

function die(log: Log, reason: unknown): never {
  log.fatal({ err: reason }, 'unhandled error, exiting to be restarted');
  process.exit(1);
}
