import { Decimal } from './decimal.ts';
import { INTERVALS, type Interval, type Trade } from './market.ts';

/** What a trade adds to a candle. */
export type TradeFacts = Pick<Trade, 'id' | 'price' | 'size' | 'ts'>;

/** One candle from trades; `ts` is its open time in UTC ms, the rest decimal strings, exact to the last digit. */
export interface BuiltCandle {
  ts: number;
  open: string;
  high: string;
  low: string;
  close: string;
  volume: string;
}

interface OpenCandle {
  ids: Set<string>;
  first: TradeFacts;
  last: TradeFacts;
  high: string;
  low: string;
  volume: Decimal;
}

/**
 * Candles of one symbol from its trades, in whatever order they come: a trade's own time decides where it belongs, a
 * trade that comes twice counts once. Of trades in one millisecond the lower id was first, where ids are numbers.
 */
export class CandleBuilder {
  readonly #lengthMs: number;
  readonly #candles = new Map<number, OpenCandle>();

  constructor(interval: Interval) {
    this.#lengthMs = INTERVALS[interval];
  }

  add(trade: TradeFacts): void {
    const ts = Math.floor(trade.ts / this.#lengthMs) * this.#lengthMs;
    const candle = this.#candles.get(ts);
    if (!candle) this.#candles.set(ts, begin(trade));
    else if (!candle.ids.has(trade.id)) extend(candle, trade);
  }

  /** The candles in which something was traded, oldest first. */
  build(): BuiltCandle[] {
    return [...this.#candles]
      .sort(([a], [b]) => a - b)
      .map(([ts, { first, last, high, low, volume }]) => ({
        ts,
        open: first.price,
        high,
        low,
        close: last.price,
        volume: volume.toFixed(),
      }));
  }
}

function begin(trade: TradeFacts): OpenCandle {
  const { id, price, size } = trade;
  return {
    ids: new Set([id]),
    first: trade,
    last: trade,
    high: price,
    low: price,
    volume: new Decimal(size),
  };
}

function extend(candle: OpenCandle, trade: TradeFacts) {
  candle.ids.add(trade.id);
  if (isBefore(trade, candle.first)) candle.first = trade;
  else if (!isBefore(trade, candle.last)) candle.last = trade;
  if (isAbove(trade.price, candle.high)) candle.high = trade.price;
  if (isAbove(candle.low, trade.price)) candle.low = trade.price;
  candle.volume = candle.volume.plus(trade.size);
}

/** Without numbers for ids, trades of one millisecond are in the order in which they came. */
const isBefore = (a: TradeFacts, b: TradeFacts): boolean =>
  a.ts === b.ts ? Number(a.id) < Number(b.id) : a.ts < b.ts;

/** Exact; float64 settles all but prices that agree in their first 15 digits. */
function isAbove(a: string, b: string): boolean {
  const difference = Number(a) - Number(b);
  return difference === 0 ? a !== b && new Decimal(a).gt(b) : difference > 0;
}
