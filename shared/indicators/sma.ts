import { Decimal } from '../domain/decimal.ts';

/**
 * Simple moving average of the last `period` values: their exact sum / period.
 *
 * The sum is exact, so it is the same from wherever the stream began: a replay gives the same signals.
 */
export class Sma {
  readonly period: number;
  readonly #window: string[] = [];
  #oldest = 0;
  #sum = new Decimal(0);

  constructor(period: number) {
    this.period = period;
  }

  /** Takes the next value, a decimal string. */
  add(value: string): void {
    this.#sum = this.#sum.plus(value);
    if (this.#window.length < this.period) {
      this.#window.push(value);
      return;
    }
    this.#sum = this.#sum.minus(this.#window[this.#oldest] as string);
    this.#window[this.#oldest] = value;
    this.#oldest = (this.#oldest + 1) % this.period;
  }

  /** The mean; undefined while fewer than `period` values have come. */
  get value(): Decimal | undefined {
    return this.#window.length === this.period ? this.#sum.div(this.period) : undefined;
  }
}
