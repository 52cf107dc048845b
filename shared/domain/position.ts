import { Decimal } from './decimal.ts';
import type { Side } from './market.ts';

/**
 * What is held and what became of it; decimal strings. `cost` is what the units held were bought for, fees apart,
 * so that at any time: cash + cost + fees - realizedPnl = opening cash, to the last digit.
 */
export interface Holding {
  size: string;
  cost: string;
  realizedPnl: string;
  fees: string;
}

export const FLAT: Holding = { size: '0', cost: '0', realizedPnl: '0', fees: '0' };

/**
 * The holding after one trade. A sale takes its share of the cost (average cost); the last unit takes all that is left.
 * @throws {Error} when more is sold than held
 */
export function applyTrade(
  holding: Holding,
  side: Side,
  trade: { size: string; notional: string; fee: string },
): Holding {
  const size = new Decimal(holding.size);
  const cost = new Decimal(holding.cost);
  const fees = new Decimal(holding.fees).plus(trade.fee).toFixed();
  if (side === 'buy') {
    return {
      ...holding,
      size: size.plus(trade.size).toFixed(),
      cost: cost.plus(trade.notional).toFixed(),
      fees,
    };
  }
  if (size.lt(trade.size)) throw new Error(`can't sell ${trade.size} of ${holding.size}`);
  const released = size.eq(trade.size) ? cost : cost.times(trade.size).div(size);
  return {
    size: size.minus(trade.size).toFixed(),
    cost: cost.minus(released).toFixed(),
    realizedPnl: new Decimal(holding.realizedPnl).plus(trade.notional).minus(released).toFixed(),
    fees,
  };
}

/** The cash after the same trade. */
export function applyCash(
  cash: string,
  side: Side,
  { notional, fee }: { notional: string; fee: string },
): string {
  const signed = new Decimal(notional).times(side === 'buy' ? -1 : 1);
  return new Decimal(cash).plus(signed).minus(fee).toFixed();
}

/** Mean entry price, fees apart; `"0"` when flat. */
export function averagePrice({ size, cost }: Pick<Holding, 'size' | 'cost'>): string {
  return new Decimal(size).gt(0) ? new Decimal(cost).div(size).toFixed() : '0';
}
