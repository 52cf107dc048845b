import { smaCross } from './sma-cross.ts';
import type { Strategy } from './strategy.ts';

/** Periods of the moving averages whose windows are kept in Redis. */
export const FAST = 50;
export const SLOW = 200;

/** Every strategy by its name. */
export const STRATEGIES = {
  'sma-cross': smaCross({ fast: FAST, slow: SLOW }),
} as const satisfies Record<string, Strategy>;
