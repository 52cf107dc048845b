import type { TapeTrade } from './tape.ts';

const SECOND = 1_000;
/** A day of seconds. */
const KEPT = 86_400;
/** A silence longer than this is a time the venue did not run: it has no candles. */
export const LONGEST_FLAT_MS = 3_600_000;

/** A candle in ticks and lots; `quote` and `takerQuote` are ticks times lots. Ids are -1 without a trade. */
export interface Bar {
  ts: number;
  open: number;
  high: number;
  low: number;
  close: number;
  lots: number;
  quote: bigint;
  trades: number;
  takerLots: number;
  takerQuote: bigint;
  firstId: number;
  lastId: number;
}

/**
 * One-second candles of the last day; longer intervals are their sums.
 *
 * A second without trades still has a candle, flat at the previous close with zero volume, as Binance's klines do.
 * A second of sums stays exact in a float64; longer sums are bigints.
 */
export class Candles {
  readonly #second = new Float64Array(KEPT).fill(-1);
  readonly #open = new Float64Array(KEPT);
  readonly #high = new Float64Array(KEPT);
  readonly #low = new Float64Array(KEPT);
  readonly #close = new Float64Array(KEPT);
  readonly #lots = new Float64Array(KEPT);
  readonly #quote = new Float64Array(KEPT);
  readonly #trades = new Float64Array(KEPT);
  readonly #takerLots = new Float64Array(KEPT);
  readonly #takerQuote = new Float64Array(KEPT);
  readonly #firstId = new Float64Array(KEPT);
  /** The second that is open now, -1 before the first trade. */
  #current = -1;
  #first = -1;

  /** Open time of the oldest second kept. */
  get firstTs(): number {
    return Math.max(this.#first, this.#current - KEPT + 1) * SECOND;
  }

  /** Opens every second up to the one that holds `ts`. */
  roll(ts: number): void {
    const second = Math.floor(ts / SECOND);
    if (this.#current < 0 || second <= this.#current) return;
    const close = this.#close[this.#current % KEPT] as number;
    const isHole = (second - this.#current) * SECOND > LONGEST_FLAT_MS;
    for (let s = isHole ? second : this.#current + 1; s <= second; s++) this.#openSecond(s, close);
    this.#current = second;
  }

  add({ id, ts, ticks, lots, buyerIsMaker }: TapeTrade): void {
    this.roll(ts);
    if (this.#current < 0) {
      this.#first = this.#current = Math.floor(ts / SECOND);
      this.#openSecond(this.#current, ticks);
    }
    const at = this.#current % KEPT;
    if (!this.#trades[at]) {
      this.#open[at] = this.#high[at] = this.#low[at] = ticks;
      this.#firstId[at] = id;
    }
    this.#high[at] = Math.max(this.#high[at] as number, ticks);
    this.#low[at] = Math.min(this.#low[at] as number, ticks);
    this.#close[at] = ticks;
    this.#trades[at] = (this.#trades[at] as number) + 1;
    this.#lots[at] = (this.#lots[at] as number) + lots;
    this.#quote[at] = (this.#quote[at] as number) + ticks * lots;
    if (buyerIsMaker) return;
    this.#takerLots[at] = (this.#takerLots[at] as number) + lots;
    this.#takerQuote[at] = (this.#takerQuote[at] as number) + ticks * lots;
  }

  /** The candle of `intervalMs` that opens at `ts`, as far as it has come; undefined where the venue did not run. */
  bar(ts: number, intervalMs: number): Bar | undefined {
    const from = Math.max(ts, this.firstTs) / SECOND;
    const to = Math.min(ts / SECOND + intervalMs / SECOND - 1, this.#current);
    let bar: Bar | undefined;
    for (let second = from; second <= to; second++) {
      const at = second % KEPT;
      if (this.#second[at] !== second) continue;
      if (!bar) bar = this.#emptyBar(ts, at);
      this.#merge(bar, at);
    }
    return bar;
  }

  /** At most `limit` candles with open times in `[fromTs, toTs]`, oldest first; the last may be open still. */
  bars(intervalMs: number, fromTs: number, toTs: number, limit: number): Bar[] {
    const bars: Bar[] = [];
    if (this.#current < 0) return bars;
    const first = Math.floor(this.firstTs / intervalMs) * intervalMs;
    const last = Math.min(toTs, this.#current * SECOND);
    const start = Math.max(first, Math.ceil(fromTs / intervalMs) * intervalMs);
    for (let ts = start; ts <= last && bars.length < limit; ts += intervalMs) {
      const bar = this.bar(ts, intervalMs);
      if (bar) bars.push(bar);
    }
    return bars;
  }

  /** The newest `limit` candles that open at `toTs` or before, oldest first. */
  newestBars(intervalMs: number, toTs: number, limit: number): Bar[] {
    const last = Math.floor(Math.min(toTs, this.#current * SECOND) / intervalMs) * intervalMs;
    return this.bars(intervalMs, last - (limit - 1) * intervalMs, toTs, limit);
  }

  #openSecond(second: number, ticks: number): void {
    const at = second % KEPT;
    this.#second[at] = second;
    this.#open[at] = this.#high[at] = this.#low[at] = this.#close[at] = ticks;
    this.#lots[at] = this.#quote[at] = this.#trades[at] = this.#takerLots[at] = this.#takerQuote[at] = 0;
    this.#firstId[at] = -1;
  }

  #emptyBar(ts: number, at: number): Bar {
    const ticks = this.#open[at] as number;
    const sums = { lots: 0, quote: 0n, trades: 0, takerLots: 0, takerQuote: 0n, firstId: -1, lastId: -1 };
    return { ts, open: ticks, high: ticks, low: ticks, close: ticks, ...sums };
  }

  /** Opens, highs and lows come from trades: a flat second counts only while nothing has traded yet. */
  #merge(bar: Bar, at: number): void {
    const trades = this.#trades[at] as number;
    if (!trades) return;
    const high = this.#high[at] as number;
    const low = this.#low[at] as number;
    const firstId = this.#firstId[at] as number;
    if (!bar.trades) {
      Object.assign(bar, { open: this.#open[at], high, low, firstId });
    }
    bar.high = Math.max(bar.high, high);
    bar.low = Math.min(bar.low, low);
    bar.close = this.#close[at] as number;
    bar.lastId = firstId + trades - 1;
    bar.lots += this.#lots[at] as number;
    bar.trades += trades;
    bar.takerLots += this.#takerLots[at] as number;
    bar.quote += BigInt(this.#quote[at] as number);
    bar.takerQuote += BigInt(this.#takerQuote[at] as number);
  }
}
