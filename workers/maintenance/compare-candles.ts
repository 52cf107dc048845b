import { DAY_MS, now } from '../../shared/clock.ts';
import { compareArchivedCandles } from '../../shared/db/candle-differences.ts';
import type { Handler } from '../context.ts';

/** Series in the result, those that differ first. */
const SHOWN = 100;

/**
 * Whether the archived trades come to the candles that the venues published. Where they do not, a trade is missing,
 * wrong or one too many on either side: the log names the series.
 */
export const compareCandles: Handler<'compare_candles'> = async (payload, { sql, log }) => {
  const to = payload.to ?? Math.floor(now() / DAY_MS) * DAY_MS;
  const range = { from: payload.from ?? to - DAY_MS, to };
  const all = await compareArchivedCandles(sql, range);
  const unlike = all.filter(({ different, missing }) => different + missing > 0);
  for (const series of unlike) log.warn(series, 'published candles differ from those of our trades');
  const sum = (of: 'compared' | 'different' | 'missing') => all.reduce((total, each) => total + each[of], 0);
  return {
    ...range,
    compared: sum('compared'),
    different: sum('different'),
    missing: sum('missing'),
    series: [...unlike, ...all.filter((each) => !unlike.includes(each))].slice(0, SHOWN),
  };
};
