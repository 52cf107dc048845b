import { setTimeout as wait } from 'node:timers/promises';

export const DAY_MS = 86_400_000;

/** The wall clock in integer UTC milliseconds, for facts that are stored. */
export const now = (): number => Date.now();

/** A clock that never steps, in milliseconds, for durations and deadlines. */
export const monotonic = (): number => performance.now();

/** Waits `ms`; an abort ends the wait early and quietly, `true` tells that it ran to its end. */
export async function sleep(ms: number, signal?: AbortSignal): Promise<boolean> {
  try {
    await wait(ms, undefined, { signal });
    return true;
  } catch {
    return false;
  }
}

/** Whether `work` settles within `ms`; a rejection passes through. Leaves no timer behind. */
export async function endsWithin(ms: number, work: Promise<unknown>): Promise<boolean> {
  const stop = new AbortController();
  try {
    return await Promise.race([work.then(() => true), sleep(ms, stop.signal).then(() => false)]);
  } finally {
    stop.abort();
  }
}

/**
 * Full-jitter exponential backoff: a random wait in `[0, min(capMs, baseMs · 2^attempt)]`, never below `floorMs`.
 * https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 */
export function backoffMs(attempt: number, { baseMs = 500, capMs = 30_000, floorMs = 100 } = {}): number {
  const ceiling = Math.min(capMs, baseMs * 2 ** Math.min(attempt, 20));
  return Math.max(floorMs, Math.random() * ceiling);
}
