import type { Balance } from '../../shared/db/balances.ts';
import type { LedgerFill, PriceStep, Span } from '../../shared/db/report-queries.ts';
import { Decimal } from '../../shared/domain/decimal.ts';
import { applyCash, applyTrade, averagePrice, FLAT, type Holding } from '../../shared/domain/position.ts';
import { quoteCurrency } from '../../shared/domain/symbols.ts';

/** Time and value of one point of a curve; float64, for charts. */
export type Point = [ts: number, value: number];

export interface DayFill extends LedgerFill {
  notional: string;
  /** What a sale made over the mean entry price, fees apart; null for a buy. */
  realizedPnl: string | null;
}

/** One account's day. Money of the ledger is exact; what is valued at market prices is float64. */
export interface AccountDay {
  autopilot: string;
  currency: string;
  cash: string;
  realizedPnl: string;
  fees: string;
  fills: DayFill[];
  holdings: {
    venue: string;
    symbol: string;
    size: string;
    averagePrice: string;
    price: number | null;
    value: number;
  }[];
  equity: Point[];
  openingEquity: number;
  closingEquity: number;
  /** Greatest fall from a peak within the day, a fraction of the peak. */
  maxDrawdown: number;
}

interface Book {
  cash: string;
  holdings: Map<string, Holding>;
}

/**
 * An account's day out of its opening cash and all its fills until the day's end.
 *
 * Equity is cash plus holdings at the newest price known at each step: a candle's close or a fill of our own.
 */
export function accountDay(
  account: Pick<Balance, 'autopilot' | 'currency' | 'opening'>,
  allFills: readonly LedgerFill[],
  prices: readonly PriceStep[],
  span: Span,
  stepMs: number,
): AccountDay {
  const fills = allFills.filter(
    (fill) => fill.autopilot === account.autopilot && quoteCurrency(fill.symbol) === account.currency,
  );
  const book: Book = { cash: account.opening, holdings: new Map() };
  const marks = new Map<string, number>();
  const day: DayFill[] = [];
  let nextFill = 0;
  let nextPrice = 0;
  const closes = [...prices].sort((a, b) => a.ts - b.ts);
  const valueAt = (ts: number): number => {
    for (; nextFill < fills.length && (fills[nextFill] as LedgerFill).ts < ts; nextFill++) {
      const fill = fills[nextFill] as LedgerFill;
      const booked = bookFill(book, fill);
      if (fill.ts >= span.from) day.push(booked);
      marks.set(keyOf(fill), Number(fill.price));
    }
    const known = ts === span.to ? span.to : ts - stepMs + 1;
    for (; nextPrice < closes.length && (closes[nextPrice] as PriceStep).ts < known; nextPrice++) {
      const close = closes[nextPrice] as PriceStep;
      marks.set(keyOf(close), close.price);
    }
    return equityOf(book, marks);
  };

  const equity: Point[] = [[span.from, valueAt(span.from)]];
  for (let ts = span.from + stepMs; ts < span.to; ts += stepMs) equity.push([ts, valueAt(ts)]);
  equity.push([span.to, valueAt(span.to)]);
  const total = (values: (string | null)[]) =>
    values.reduce((sum, value) => sum.plus(value ?? 0), new Decimal(0)).toFixed();
  return {
    autopilot: account.autopilot,
    currency: account.currency,
    cash: book.cash,
    realizedPnl: total(day.map((fill) => fill.realizedPnl)),
    fees: total(day.map((fill) => fill.fee)),
    fills: day,
    holdings: holdingsOf(book, marks),
    equity,
    openingEquity: (equity[0] as Point)[1],
    closingEquity: (equity.at(-1) as Point)[1],
    maxDrawdown: maxDrawdown(equity),
  };
}

const SEPARATOR = ' ';
const keyOf = ({ venue, symbol }: { venue: string; symbol: string }) => `${venue}${SEPARATOR}${symbol}`;

function bookFill(book: Book, fill: LedgerFill): DayFill {
  const before = book.holdings.get(keyOf(fill)) ?? FLAT;
  const notional = new Decimal(fill.price).times(fill.size).toFixed();
  const after = applyTrade(before, fill.side, { size: fill.size, notional, fee: fill.fee });
  book.holdings.set(keyOf(fill), after);
  book.cash = applyCash(book.cash, fill.side, { notional, fee: fill.fee });
  const realized = new Decimal(after.realizedPnl).minus(before.realizedPnl).toFixed();
  return { ...fill, notional, realizedPnl: fill.side === 'sell' ? realized : null };
}

function equityOf(book: Book, marks: Map<string, number>): number {
  let value = Number(book.cash);
  for (const [key, holding] of book.holdings) value += Number(holding.size) * (marks.get(key) ?? 0);
  return value;
}

function holdingsOf(book: Book, marks: Map<string, number>): AccountDay['holdings'] {
  return [...book.holdings]
    .filter(([, holding]) => new Decimal(holding.size).gt(0))
    .map(([key, holding]) => {
      const [venue = '', symbol = ''] = key.split(SEPARATOR);
      const price = marks.get(key) ?? null;
      const { size } = holding;
      return {
        venue,
        symbol,
        size,
        averagePrice: averagePrice(holding),
        price,
        value: Number(size) * (price ?? 0),
      };
    });
}

function maxDrawdown(equity: readonly Point[]): number {
  let peak = Number.NEGATIVE_INFINITY;
  let worst = 0;
  for (const [, value] of equity) {
    peak = Math.max(peak, value);
    if (peak > 0) worst = Math.max(worst, (peak - value) / peak);
  }
  return worst;
}
