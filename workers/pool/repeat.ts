import { sleep } from '../../shared/clock.ts';
import { messageOf } from '../../shared/errors.ts';
import type { Releasers } from '../../shared/lifecycle.ts';
import type { Log } from '../../shared/log.ts';

/** Does `work` now and every `everyMs` until the releasers close; a failure is logged and the next turn comes. */
export function repeat(
  what: string,
  everyMs: number,
  work: () => Promise<void>,
  { log, releasers }: { log: Log; releasers: Releasers },
): void {
  const stop = new AbortController();
  const loop = (async () => {
    do {
      await work().catch((error) => log.warn({ what, reason: messageOf(error) }, 'to be tried again'));
    } while (await sleep(everyMs, stop.signal));
  })();
  releasers.push(what, async () => {
    stop.abort();
    await loop;
  });
}
