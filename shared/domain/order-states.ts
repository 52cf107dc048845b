import type { OrderState } from './trading.ts';

/**
 * Every legal move of an order. A paper order is filled straight from its intent; a live one goes over SENDING, and
 * UNKNOWN is left only by looking the order up at the venue.
 */
export const ORDER_MOVES = {
  INTENT: ['SENDING', 'PARTLY_FILLED', 'FILLED', 'CANCELLED', 'REJECTED', 'EXPIRED'],
  SENDING: ['ACCEPTED', 'PARTLY_FILLED', 'FILLED', 'CANCELLED', 'REJECTED', 'EXPIRED', 'UNKNOWN'],
  UNKNOWN: ['ACCEPTED', 'PARTLY_FILLED', 'FILLED', 'CANCELLED', 'REJECTED', 'EXPIRED'],
  ACCEPTED: ['PARTLY_FILLED', 'FILLED', 'CANCELLED', 'EXPIRED', 'UNKNOWN'],
  PARTLY_FILLED: ['PARTLY_FILLED', 'FILLED', 'CANCELLED', 'EXPIRED', 'UNKNOWN'],
  FILLED: [],
  CANCELLED: [],
  REJECTED: [],
  EXPIRED: [],
} as const satisfies Record<OrderState, readonly OrderState[]>;

export type OrderMove<From extends OrderState> = (typeof ORDER_MOVES)[From][number];

/** An order in such a state changes no more. */
export const isFinal = (state: OrderState): boolean => ORDER_MOVES[state].length === 0;

/** @throws {Error} for a move that is not in the table: a defect, never a matter of input */
export function assertMove(from: OrderState, to: OrderState): void {
  const moves: readonly OrderState[] = ORDER_MOVES[from];
  if (!moves.includes(to)) throw new Error(`an order can't go from ${from} to ${to}`);
}
