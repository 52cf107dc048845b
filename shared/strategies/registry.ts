import { UserError } from '../errors.ts';
import { flowCross } from './flow-cross.ts';
import { smaCross } from './sma-cross.ts';
import type { Strategy } from './strategy.ts';

/** Periods of the moving averages whose windows are kept in Redis. */
export const FAST = 50;
export const SLOW = 200;

/** Every strategy by its name. */
export const STRATEGIES = {
  'sma-cross': smaCross({ fast: FAST, slow: SLOW }),
  'flow-cross': flowCross({ fast: FAST, slow: SLOW, imbalance: 0.1 }),
} as const satisfies Record<string, Strategy>;

/** Those that `STRATEGIES` names. @throws {UserError} listing what exists */
export function chooseStrategies(names: readonly string[]): Strategy[] {
  const all: Readonly<Record<string, Strategy>> = STRATEGIES;
  return names.map((name) => {
    const strategy = Object.hasOwn(all, name) ? all[name] : undefined;
    if (strategy) return strategy;
    throw new UserError(
      `STRATEGIES=${name}: there is no such strategy, use ${Object.keys(all).join(' or ')}`,
    );
  });
}
