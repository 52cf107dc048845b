import { ATR, RSI, SMA } from 'trading-signals';

/** One closed candle as statistics see it: float64, never money. */
export interface Bar {
  open: number;
  high: number;
  low: number;
  close: number;
  volume: number;
}

/** What a model sees of a closed candle, in this order. */
export const FEATURES = [
  'return1',
  'return5',
  'return15',
  'rsi14',
  'distanceMa50',
  'distanceMa200',
  'atr14',
  'volatility30',
  'volumeZ50',
  'closePosition',
] as const;

/** The first features come with so many bars. */
export const WARM_UP_BARS = 200;

/**
 * Features of a stream of closed candles in constant memory: those of a bar are made from it and earlier ones only.
 *
 * - `returnN`: ln(close / close N bars before)
 * - `rsi14`: Wilder's, scaled from 0 … 100 to -1 … 1
 * - `distanceMaN`: close / simple mean of N closes - 1
 * - `atr14`: Wilder's average true range / close
 * - `volatility30`: population standard deviation of the last 30 one-bar returns
 * - `volumeZ50`: volume's distance from the mean of the last 50 bars, in their standard deviations
 * - `closePosition`: where the close lies between low (-1) and high (1)
 */
export class FeatureStream {
  readonly #rsi = new RSI(14);
  readonly #ma50 = new SMA(50);
  readonly #ma200 = new SMA(WARM_UP_BARS);
  readonly #atr = new ATR(14);
  readonly #closes = new Window(16);
  readonly #returns = new Window(30);
  readonly #volumes = new Window(50);

  /** Takes the next bar; undefined until it has seen 200. */
  add(bar: Bar): number[] | undefined {
    const { close } = bar;
    const previous = this.#closes.back(0);
    this.#closes.push(close);
    this.#volumes.push(bar.volume);
    if (previous !== undefined) this.#returns.push(Math.log(close / previous));
    const rsi = this.#rsi.add(close);
    const ma50 = this.#ma50.add(close);
    const atr = this.#atr.add(bar);
    const ma200 = this.#ma200.add(close);
    if (ma200 === null || ma50 === null || rsi === null || atr === null) return undefined;
    return [
      this.#returnOver(1),
      this.#returnOver(5),
      this.#returnOver(15),
      rsi / 50 - 1,
      close / ma50 - 1,
      close / ma200 - 1,
      atr / close,
      this.#returns.deviation(),
      this.#volumes.zScore(bar.volume),
      bar.high > bar.low ? (2 * (close - bar.low)) / (bar.high - bar.low) - 1 : 0,
    ];
  }

  #returnOver(bars: number): number {
    const newest = this.#closes.back(0) as number;
    return Math.log(newest / (this.#closes.back(bars) as number));
  }
}

/** The newest values of a stream; its figures are summed afresh each time, so that nothing drifts. */
class Window {
  readonly #values: number[] = [];
  readonly #size: number;

  constructor(size: number) {
    this.#size = size;
  }

  push(value: number): void {
    if (this.#values.length === this.#size) this.#values.shift();
    this.#values.push(value);
  }

  /** The value `steps` before the newest. */
  back(steps: number): number | undefined {
    return this.#values[this.#values.length - 1 - steps];
  }

  deviation(): number {
    const mean = this.#mean();
    let sum = 0;
    for (const value of this.#values) sum += (value - mean) ** 2;
    return Math.sqrt(sum / this.#values.length);
  }

  /** 0 where all values are equal. */
  zScore(value: number): number {
    const deviation = this.deviation();
    return deviation > 0 ? (value - this.#mean()) / deviation : 0;
  }

  #mean(): number {
    let sum = 0;
    for (const value of this.#values) sum += value;
    return sum / this.#values.length;
  }
}
