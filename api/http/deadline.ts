import { unavailable } from './problem.ts';

const DEADLINE_MS = 1_500;
const MAX_IN_FLIGHT = 256;
let inFlight = 0;

/**
 * Answers 503 when the work outlasts 1.5 s, or what its route allows, whatever it hangs on, or when 256 requests are at
 * work already.
 * A late end of the work changes nothing any more.
 */
export async function withDeadline<T>(work: () => Promise<T>, patienceMs = DEADLINE_MS): Promise<T> {
  if (inFlight >= MAX_IN_FLIGHT) throw unavailable('too many requests at once');
  inFlight++;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(unavailable()), patienceMs);
  });
  const working = work().finally(() => inFlight--);
  try {
    return await Promise.race([working, late]);
  } finally {
    clearTimeout(timer);
  }
}
