import type { Interval } from '../domain/market.ts';
import { isBuilt, listBuiltCandles } from './built-candles.ts';
import { type CandleRow, listCandles } from './candles.ts';
import type { Queryable } from './client.ts';

/** A candle with whose it is: the venue's own, or built from its trades. */
export type KnownCandle = CandleRow & { source: 'venue' | 'trades' };

/**
 * The candles of a series as well as the archive knows them, as `listCandles`: the venue's own where it has them, in
 * their absence those of the archived trades. So every built interval has an answer, whatever the venue's stream offers.
 */
export async function listKnownCandles(
  sql: Queryable,
  of: {
    venue: string;
    symbol: string;
    interval: Interval;
    from?: number | undefined;
    to?: number | undefined;
    limit: number;
  },
): Promise<KnownCandle[]> {
  const { interval } = of;
  const [published, built] = await Promise.all([
    listCandles(sql, of),
    isBuilt(interval) ? listBuiltCandles(sql, { ...of, interval }) : [],
  ]);
  const known = new Map<number, KnownCandle>();
  for (const { quoteVolume, trades, ...candle } of built)
    known.set(candle.ts, { ...candle, source: 'trades' });
  for (const candle of published) known.set(candle.ts, { ...candle, source: 'venue' });
  const sorted = [...known.values()].sort((a, b) => a.ts - b.ts);
  return of.from === undefined ? sorted.slice(-of.limit) : sorted.slice(0, of.limit);
}
