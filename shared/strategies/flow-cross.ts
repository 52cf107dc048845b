import { smaCross } from './sma-cross.ts';
import type { Strategy } from './strategy.ts';

/**
 * The crossing of two means (`sma-cross`), where the book agrees: a buy while bids outweigh asks by at least
 * `imbalance`, a sell while asks outweigh bids. A candle without order-flow facts gives no signal.
 */
export function flowCross(options: { fast: number; slow: number; imbalance: number }): Strategy {
  const cross = smaCross(options);
  return {
    name: 'flow-cross',
    lookback: cross.lookback,
    readsFlow: true,
    start() {
      const stream = cross.start();
      return {
        next(close, flow) {
          const verdict = stream.next(close);
          if (!verdict || !flow) return undefined;
          const weight = verdict.side === 'buy' ? flow.imbalance : -flow.imbalance;
          if (weight < options.imbalance) return undefined;
          return { ...verdict, details: { ...verdict.details, imbalance: flow.imbalance.toFixed(6) } };
        },
      };
    },
  };
}
