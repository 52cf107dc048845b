import type { Autopilot } from '../../shared/db/autopilots.ts';
import { affordableSize } from '../../shared/domain/book-walk.ts';
import { Decimal } from '../../shared/domain/decimal.ts';
import type { Side } from '../../shared/domain/market.ts';
import { type Book, bestPrice } from './live-book.ts';

/** Binance's least notional for BTC/USDT; a smaller rest counts as nothing. https://api.binance.com/api/v3/exchangeInfo */
const LEAST_NOTIONAL = '5';

export type Proposal = { size: string; reason: string } | { skip: string };

/**
 * What a signal asks for: a buy spends a share of the cash when nothing is held, a sell sells all that is held.
 * Pure; money is decimal strings.
 */
export function propose(
  side: Side,
  autopilot: Pick<Autopilot, 'orderFraction' | 'fee'>,
  { cash, held, book }: { cash: string; held: string; book: Book },
): Proposal {
  const price = bestPrice(book, side);
  const isHolding = isWorthTrading(held, bestPrice(book, 'sell'));
  if (side === 'sell') {
    if (isHolding) return { size: held, reason: `sells all of ${held} at about ${price}` };
    return { skip: new Decimal(held).gt(0) ? 'what is held is below the least notional' : 'nothing to sell' };
  }
  if (isHolding) return { skip: `a position of ${held} is open already` };
  const budget = new Decimal(cash).times(autopilot.orderFraction);
  const size = affordableSize(budget, price, autopilot.fee).toFixed();
  if (!isWorthTrading(size, price))
    return { skip: `${budget.toFixed()} of the cash is below the least notional` };
  return { size, reason: `spends up to ${budget.toFixed()} at about ${price}` };
}

const isWorthTrading = (size: string, price: string) => new Decimal(size).times(price).gte(LEAST_NOTIONAL);
