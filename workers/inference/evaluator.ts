import type { Series } from '../../shared/db/evaluations.ts';
import type { NewSignal } from '../../shared/db/signals.ts';
import { INTERVALS } from '../../shared/domain/market.ts';
import type { FlowFacts } from '../../shared/domain/order-flow.ts';
import { SLOW } from '../../shared/strategies/registry.ts';
import type { Strategy, StrategyStream } from '../../shared/strategies/strategy.ts';

/** What evaluation reads of a candle: its open time in UTC ms and its close. */
export interface Close {
  ts: number;
  close: string;
}

/** The closes of the last candles without a hole, oldest first, at most as many as the slow window takes. */
export interface Windows {
  /** Open time of the last one. */
  ts: number;
  closes: string[];
}

/** A stretch of time without candles; `from` is the first missing open time, `to` the next one that is there. */
type Hole = { from: number; to: number };

/**
 * Every strategy over the closed candles of one series, in order. Pure: no store, no clock.
 *
 * A moving average over a hole would be a lie, so after a hole all windows begin again.
 */
export class Evaluator {
  readonly holes: Hole[] = [];
  readonly #series: Series;
  readonly #strategies: readonly Strategy[];
  readonly #stepMs: number;
  #streams: [name: string, stream: StrategyStream][] = [];
  #closes: string[] = [];
  #ts: number | undefined;

  constructor(series: Series, strategies: readonly Strategy[], warmUp?: Windows) {
    this.#series = series;
    this.#strategies = strategies;
    this.#stepMs = INTERVALS[series.interval];
    this.#restart();
    if (!warmUp) return;
    const first = warmUp.ts - (warmUp.closes.length - 1) * this.#stepMs;
    warmUp.closes.forEach((close, i) => {
      this.next({ ts: first + i * this.#stepMs, close });
    });
  }

  /** Takes the next candle, and what its order flow was; the signals that it gives. */
  next({ ts, close }: Close, flow?: FlowFacts): Omit<NewSignal, 'live'>[] {
    if (this.#ts !== undefined && ts !== this.#ts + this.#stepMs) {
      this.holes.push({ from: this.#ts + this.#stepMs, to: ts });
      this.#restart();
    }
    this.#ts = ts;
    this.#closes.push(close);
    if (this.#closes.length > 2 * SLOW) this.#closes = this.#closes.slice(-SLOW);
    return this.#streams.flatMap(([strategy, stream]) => {
      const verdict = stream.next(close, flow);
      if (!verdict) return [];
      return [{ ...this.#series, strategy, ts: ts + this.#stepMs, price: close, ...verdict }];
    });
  }

  /** What the windows hold now; undefined before the first candle. */
  get windows(): Windows | undefined {
    return this.#ts === undefined ? undefined : { ts: this.#ts, closes: this.#closes.slice(-SLOW) };
  }

  #restart() {
    this.#closes = [];
    this.#streams = this.#strategies.map((strategy) => [strategy.name, strategy.start()]);
  }
}
