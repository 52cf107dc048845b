import type { Config } from '../shared/config.ts';
import type { Trade } from '../shared/domain/market.ts';
import { type OrderFlow, readBookFacts } from '../shared/domain/order-flow.ts';
import type { Book } from '../shared/exchanges/book.ts';

export interface FlowMeterOptions {
  /** The cadence in ms; 0 switches it off. */
  everyMs: number;
  depthBp: number;
  notional: number;
}

/** As the settings have it. */
export const flowOptions = (config: Config): FlowMeterOptions => ({
  everyMs: config.ORDER_FLOW_MS,
  depthBp: config.ORDER_FLOW_DEPTH_BP,
  notional: config.ORDER_FLOW_NOTIONAL,
});

/** Deep enough for any band that one looks at, cheap enough to be cut once a cadence. */
const DEPTH = 1_000;

/**
 * Order-flow facts at a cadence by the exchange's clock: the first live book of each stretch of `everyMs`, with what
 * takers bought and sold since the one before. The same stream gives the same facts, live and replayed.
 */
export class FlowMeter {
  readonly #options: FlowMeterOptions;
  readonly #meters = new Map<string, Meter>();

  constructor(options: FlowMeterOptions) {
    this.#options = options;
  }

  trade({ symbol, side, size }: Trade): void {
    const meter = this.#meter(symbol);
    if (side === 'buy') meter.buyVolume += Number(size);
    else meter.sellVolume += Number(size);
  }

  /** Takes note of a book that has moved; its facts when they are due. */
  book(symbol: string, book: Book | undefined): OrderFlow | undefined {
    const { everyMs } = this.#options;
    if (everyMs === 0 || book?.state !== 'live') return undefined;
    const meter = this.#meter(symbol);
    const stretch = Math.floor(book.ts / everyMs);
    if (stretch <= meter.stretch) return undefined;
    const { bids, asks } = book.top(DEPTH);
    const facts = readBookFacts(bids, asks, this.#options);
    if (!facts) return undefined;
    const { buyVolume, sellVolume } = meter;
    this.#meters.set(symbol, { stretch, buyVolume: 0, sellVolume: 0 });
    return { symbol, ts: book.ts, receivedAt: book.receivedAt, ...facts, buyVolume, sellVolume };
  }

  #meter(symbol: string): Meter {
    let meter = this.#meters.get(symbol);
    if (!meter) {
      meter = { stretch: 0, buyVolume: 0, sellVolume: 0 };
      this.#meters.set(symbol, meter);
    }
    return meter;
  }
}

interface Meter {
  /** Number of the stretch that the last facts are of. */
  stretch: number;
  buyVolume: number;
  sellVolume: number;
}
