import { Sma } from '../indicators/sma.ts';
import type { Strategy } from './strategy.ts';

/**
 * Buys when the fast mean of the closes comes from at or below the slow one to above it, sells on the way down.
 * Both means are exact, so equal means are equal.
 */
export function smaCross({ fast, slow }: { fast: number; slow: number }): Strategy {
  return {
    name: 'sma-cross',
    lookback: slow,
    start() {
      const fastMean = new Sma(fast);
      const slowMean = new Sma(slow);
      let before: number | undefined;
      return {
        next(close) {
          fastMean.add(close);
          slowMean.add(close);
          const [quick, calm] = [fastMean.value, slowMean.value];
          if (!quick || !calm) return undefined;
          const was = before;
          before = quick.cmp(calm);
          if (was === undefined) return undefined;
          const details = { [`ma${fast}`]: quick.toFixed(), [`ma${slow}`]: calm.toFixed() };
          if (was <= 0 && before > 0) return { side: 'buy', details };
          if (was >= 0 && before < 0) return { side: 'sell', details };
          return undefined;
        },
      };
    },
  };
}
