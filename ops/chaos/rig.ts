import { monotonic, now, sleep } from '../../shared/clock.ts';
import type { Config } from '../../shared/config.ts';
import type { Sql } from '../../shared/db/client.ts';
import { messageOf } from '../../shared/errors.ts';
import { freePort } from '../services/service.ts';
import { countArchived, type Stretch } from './oracle.ts';

/** After a fault is over, trades must be archived again by then. */
export const RECOVERY_LIMIT_MS = 90_000;

/** Settings of a cluster of its own in `home`, on the simulated exchange alone, at `rate` events a second. */
export async function simulatedCluster(
  settings: Config,
  { home, rate }: { home: string; rate: number },
): Promise<Config> {
  return {
    ...settings,
    MILLRACE_HOME: home,
    PORT: await freePort(0),
    SUPPORTED_EXCHANGES: ['sim'],
    SIM_EVENTS_PER_SECOND: rate,
    DAILY_TRADE_LIMIT: 100_000,
    AUTOPILOT: 'on',
    REDIS_URL: undefined,
    TIMESCALEDB_URL: undefined,
    SIM_URL: undefined,
    SMTP_URL: undefined,
  };
}

/** The newest trade id of each symbol, by the exchange itself. */
export async function readExchange(config: Config): Promise<{ symbol: string; lastId: number }[]> {
  return Promise.all(
    config.SYMBOLS.map(async (symbol) => {
      const answer = await fetch(`${config.SIM_URL}/api/v3/trades?symbol=${symbol.replace('/', '')}&limit=1`);
      const [trade] = (await answer.json()) as { id: number }[];
      return { symbol, lastId: trade?.id ?? 0 };
    }),
  );
}

/** Until the archive holds trades of every symbol that are younger than `ts` (UTC ms). */
export function untilArchived(
  sql: Sql,
  { SYMBOLS }: Config,
  ts = now(),
  limitMs = RECOVERY_LIMIT_MS,
): Promise<void> {
  return until('trades to be archived', limitMs, async () => {
    const rows = await sql`
      SELECT symbol FROM instruments WHERE venue = 'sim' AND EXISTS (
        SELECT FROM trades WHERE instrument_id = id AND ts > ${ts})`;
    return rows.length === SYMBOLS.length;
  });
}

/** Until all trades of the stretches are archived, or the time is over: the verdict then tells what is missing. */
export async function untilComplete(
  sql: Sql,
  stretches: Stretch[],
  { limitMs, say }: { limitMs: number; say: (text: string) => void },
): Promise<void> {
  const wanted = stretches.reduce((sum, { fromId, toId }) => sum + toId - fromId + 1, 0);
  const complete = async () => {
    const archived = await countArchived(sql, stretches);
    say(`${archived} of ${wanted} trades archived`);
    return archived >= wanted;
  };
  await until('the archive to be complete', limitMs, complete, 2_000).catch((error) => say(messageOf(error)));
}

/** A database that is just being restarted answers with errors: these count as "not yet". */
export async function until(
  what: string,
  limitMs: number,
  condition: () => Promise<boolean>,
  everyMs = 100,
): Promise<void> {
  const deadline = monotonic() + limitMs;
  let reason = '';
  while (monotonic() < deadline) {
    try {
      if (await condition()) return;
    } catch (error) {
      reason = ` (${messageOf(error)})`;
    }
    await sleep(everyMs);
  }
  throw new Error(`waited ${limitMs / 1000} s in vain for ${what}${reason}`);
}
