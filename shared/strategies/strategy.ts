import type { Side } from '../domain/market.ts';
import type { FlowFacts } from '../domain/order-flow.ts';

/**
 * A strategy reads closed candles in order and sometimes says buy or sell. Pure and deterministic: what it says of a
 * candle depends on its close and its order-flow facts, and on the `lookback` closes before it, never on where the
 * stream began.
 */
export interface Strategy {
  readonly name: string;
  /** Closes it must have seen before the first candle that it can judge. */
  readonly lookback: number;
  /** Whether it wants order-flow facts. */
  readonly readsFlow?: boolean;
  /** A stream of its own, in constant memory. */
  start(): StrategyStream;
}

export interface StrategyStream {
  /**
   * Takes the next close, a decimal string, and the last order-flow facts within the candle, where there are any;
   * its word on that candle, if it has one.
   */
  next(close: string, flow?: FlowFacts): Verdict | undefined;
}

/** `details` are the figures it was made from, decimal strings. */
export interface Verdict {
  side: Side;
  details: Record<string, string>;
}
