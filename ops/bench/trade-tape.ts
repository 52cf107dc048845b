import type { Trade } from '../../shared/domain/market.ts';
import type { EventBatch } from '../../shared/tasks/batch.ts';
import { Columns } from '../../shared/tasks/columns.ts';

/**
 * Trades made like those of BTC/USDT on Binance on 2024-08-08, and a little harder to compress: orders with one fill or
 * dozens, three fifths of the trades at the price of the one before, two fifths of one of a few usual sizes, the others
 * spread over four orders of magnitude. Ids are contiguous; the same arguments give the same trades.
 */
export class TradeTape {
  readonly #symbols: readonly string[];
  readonly #states: State[];
  #seed: number;

  constructor(symbols: readonly string[], { seed, startTs }: { seed: number; startTs: number }) {
    this.#symbols = symbols;
    this.#seed = seed;
    this.#states = symbols.map((_, n) => ({
      id: 3_735_683_258,
      ts: startTs,
      ticks: 6_000_000 + n,
      side: 'buy',
      fills: 0,
    }));
  }

  /** The next `count` trades of a symbol, which is given by its place in the list. */
  take(symbol: number, count: number): Trade[] {
    return Array.from({ length: count }, () => this.#next(symbol));
  }

  /** So many trades of these symbols as the queue brings them: batches of `size`, the symbols mixed. */
  batches(symbols: readonly number[], count: number, size: number): EventBatch[] {
    return Array.from({ length: Math.ceil(count / size) }, (_, batch) => {
      const columns = new Columns('sim', 'backfill');
      for (let row = 0; row < Math.min(size, count - batch * size); row++) {
        columns.trade(this.#next(symbols[row % symbols.length] as number));
      }
      return columns.build();
    });
  }

  #next(symbol: number): Trade {
    const state = this.#states[symbol] as State;
    state.id++;
    if (state.fills-- === 0) this.#nextOrder(state);
    const step = this.#random() < 0.41 ? Math.ceil(Math.exp(1.9 + 2 * this.#normal())) : 0;
    state.ticks += this.#random() < 0.5 ? step : -step;
    const price = decimal(state.ticks, 2);
    const common = COMMON_SIZES[Math.floor(this.#random() * COMMON_SIZES.length * 2.5)];
    const size = decimal(common ?? Math.max(1, Math.round(500 * Math.exp(2 * this.#normal()))), 5);
    const of = { venue: 'sim', symbol: this.#symbols[symbol] as string, ts: state.ts, receivedAt: state.ts };
    return { type: 'trade', ...of, id: String(state.id), price, size, side: state.side };
  }

  /** Most orders have one fill, some have dozens; all fills of an order share its time and side. */
  #nextOrder(state: State): void {
    state.fills = this.#random() < 0.65 ? 0 : Math.ceil(Math.exp(1.2 + 0.9 * this.#normal())) - 1;
    state.ts += Math.ceil(Math.exp(3 + 1.9 * this.#normal()));
    if (this.#random() > 0.6) state.side = state.side === 'buy' ? 'sell' : 'buy';
  }

  /** Park and Miller's generator. https://doi.org/10.1145/63039.63042 */
  #random(): number {
    this.#seed = (this.#seed * 48_271) % 2_147_483_647;
    return this.#seed / 2_147_483_647;
  }

  #normal(): number {
    return Math.sqrt(-2 * Math.log(1 - this.#random())) * Math.cos(2 * Math.PI * this.#random());
  }
}

interface State {
  id: number;
  ts: number;
  ticks: number;
  side: Trade['side'];
  /** Of the order that is being filled, still to come. */
  fills: number;
}

/** In lots of 0.00001. */
const COMMON_SIZES = [9, 9, 9, 9, 9, 10, 10, 40, 2_000, 17, 13, 21];

/** `12340`, 2 places → `123.4`. */
function decimal(units: number, places: number): string {
  const digits = String(units).padStart(places + 1, '0');
  return `${digits.slice(0, -places)}.${digits.slice(-places)}`.replace(/\.?0+$/, '');
}
