import { buildCandles } from '../../shared/db/candle-builds.ts';
import { aloneWithArchive } from '../../shared/db/upkeep-lock.ts';
import type { Handler } from '../context.ts';

/** Builds the candles of new and late trades; while another keeps the archive, the next turn does. */
export const buildCandlesTask: Handler<'build_candles'> = async (_payload, { sql, signal }) => {
  const onStep = async () => signal.throwIfAborted();
  const done = await aloneWithArchive(sql, async () => {
    await buildCandles(sql, onStep);
    return true;
  });
  return { done: done ?? false };
};
