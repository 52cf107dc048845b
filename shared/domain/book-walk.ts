import { Decimal } from './decimal.ts';
import type { Level } from './market.ts';

/** Places after the point that our own roundings keep; what a venue wrote is never rounded. */
const SIZE_PLACES = 8;
const SIZE_STEP = '0.00000001';
const ROUND_DOWN = 0;

/** What was taken of one level; decimal strings, fee in the quote currency. */
export interface Take {
  price: string;
  size: string;
  fee: string;
}

/** What a market order gets from one side of a book. `filled` < `size` when the book or the cash ran out. */
export interface Walk {
  takes: Take[];
  filled: string;
  /** Sum of price × size, fees apart. */
  notional: string;
  fee: string;
  short: 'book' | 'cash' | null;
}

/**
 * Takes `size` from `levels`, best first, paying `feeRate` of the notional on each take.
 *
 * With `cash` it is a buy that may not spend more than that, fees included. Sums and products are exact.
 */
export function walkBook(
  levels: readonly Level[],
  size: string,
  { feeRate, cash }: { feeRate: string; cash?: string | undefined },
): Walk {
  let left = new Decimal(size);
  let purse = cash === undefined ? undefined : new Decimal(cash);
  let short: Walk['short'] = null;
  let [filled, notional, fee] = [new Decimal(0), new Decimal(0), new Decimal(0)];
  const takes: Take[] = [];
  for (const [price, offered] of levels) {
    if (left.lte(0) || short) break;
    let taken = left.lt(offered) ? left : new Decimal(offered);
    if (purse) {
      const affordable = affordableSize(purse, price, feeRate);
      if (affordable.lt(taken)) [taken, short] = [affordable, 'cash'];
    }
    if (taken.lte(0)) continue;
    const value = taken.times(price);
    const charge = value.times(feeRate);
    takes.push({ price, size: taken.toFixed(), fee: charge.toFixed() });
    [filled, notional, fee] = [filled.plus(taken), notional.plus(value), fee.plus(charge)];
    left = left.minus(taken);
    purse = purse?.minus(value).minus(charge);
  }
  if (left.gt(0)) short ??= 'book';
  return { takes, filled: filled.toFixed(), notional: notional.toFixed(), fee: fee.toFixed(), short };
}

/** The most that `cash` buys at `price` with the fee on top, cut to eight places. */
export function affordableSize(cash: Decimal | string, price: string, feeRate: string): Decimal {
  const unit = new Decimal(price).times(new Decimal(feeRate).plus(1));
  const size = new Decimal(cash).div(unit).round(SIZE_PLACES, ROUND_DOWN);
  if (size.lte(0)) return new Decimal(0);
  // The quotient was rounded half-even before it was cut, maybe up to a step that costs a hair too much.
  return size.times(unit).gt(cash) ? size.minus(SIZE_STEP) : size;
}
