import { DAY_MS, now } from '../../shared/clock.ts';
import { type Config, daysMs } from '../../shared/config.ts';
import { findArchiveLayout } from '../../shared/db/archive-layout.ts';
import { compressParts, dropParts, makeParts } from '../../shared/db/archive-parts.ts';
import { buildCandles } from '../../shared/db/candle-builds.ts';
import { type Facts, findHorizon, saveHorizon } from '../../shared/db/horizons.ts';
import { deleteOldMail } from '../../shared/db/outbox.ts';
import { aloneWithArchive } from '../../shared/db/upkeep-lock.ts';
import { RetryError } from '../../shared/errors.ts';
import type { Handler, TaskContext } from '../context.ts';

const DAYS_AHEAD = [0, 1, 2];
const KEPT = {
  trades: 'RETENTION_TRADES',
  candles: 'RETENTION_CANDLES',
  books: 'RETENTION_BOOKS',
  flows: 'RETENTION_ORDER_FLOW',
  rates: 'RETENTION_RATES',
} as const;

/**
 * Keeps the archive in shape: parts for the days to come, old ones compressed (with TimescaleDB) or dropped.
 *
 * Candles are built before their trades go, and nobody builds any while they do. A backfill that is running may bring
 * trades from before the horizon: they go with the next run, and their candles stay as they were.
 */
export const keepArchive: Handler<'keep_archive'> = async (_payload, context) => {
  const kept = await aloneWithArchive(context.sql, async () => {
    await context.progress(0, 3, 'parts for the days to come');
    await makeParts(
      context.sql,
      DAYS_AHEAD.map((days) => now() + days * DAY_MS),
    );
    const dropped = await dropOld(context);
    const compressed = await compressOld(context);
    const { RETENTION_MAIL } = context.config;
    const mails = RETENTION_MAIL ? await deleteOldMail(context.sql, daysMs(RETENTION_MAIL)) : 0;
    return { dropped, compressed, mails };
  });
  if (!kept) throw new RetryError('the archive is being kept by another run');
  return kept;
};

/** Horizons first: a run that is cut in between leaves nothing that others would take for whole. */
async function dropOld(context: TaskContext): Promise<Record<Facts, number>> {
  const { sql, config } = context;
  const layout = await findArchiveLayout(sql);
  const dropped = { trades: 0, candles: 0, books: 0, flows: 0, rates: 0 };
  await context.progress(1, 3, 'dropping what is older than its retention');
  if (config.RETENTION_TRADES || config.RETENTION_CANDLES) {
    await buildCandles(sql, async () => context.signal.throwIfAborted());
  }
  for (const facts of Object.keys(KEPT) as Facts[]) {
    const horizon = horizonOf(config, facts);
    if (horizon) await saveHorizon(sql, facts, horizon);
    const before = horizon && (await findHorizon(sql, facts));
    if (before) dropped[facts] = await dropParts(sql, { layout, facts, before });
    context.signal.throwIfAborted();
  }
  return dropped;
}

/** Whole days: the beginning of the oldest UTC day that is kept; undefined where everything is. */
function horizonOf(config: Config, facts: Facts): number | undefined {
  const setting = config[KEPT[facts]];
  return setting ? Math.floor((now() - daysMs(setting)) / DAY_MS) * DAY_MS : undefined;
}

async function compressOld({ sql, config, signal, progress }: TaskContext): Promise<number> {
  if (config.COMPRESS_AFTER === 'never' || (await findArchiveLayout(sql)) !== 'columnstore') return 0;
  return compressParts(sql, now() - daysMs(config.COMPRESS_AFTER), async (done, total) => {
    signal.throwIfAborted();
    await progress(2, 3, `compressing ${done + 1} of ${total} chunks`);
  });
}
