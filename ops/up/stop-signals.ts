import { monotonic } from '../../shared/clock.ts';

/** npm and the terminal both pass on one Ctrl-C, at about the same time: only a later one is a second. */
const SAME_CTRL_C_MS = 1_000;

/**
 * Listens for SIGINT, SIGTERM and SIGHUP from now on.
 * @returns `stop` aborts at the first of them; `onForce` is called at every one a second or more later
 */
export function listenForStop(onForce: () => void): { stop: AbortSignal; stopped: Promise<void> } {
  const controller = new AbortController();
  let firstAt = 0;
  const stopped = new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(signal, () => {
        if (!controller.signal.aborted) {
          firstAt = monotonic();
          controller.abort();
          resolve();
        } else if (monotonic() - firstAt > SAME_CTRL_C_MS) onForce();
      });
    }
  });
  return { stop: controller.signal, stopped };
}
