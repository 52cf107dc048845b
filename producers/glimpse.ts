import type { Redis } from 'ioredis';
import type { Candle, Trade } from '../shared/domain/market.ts';
import { type LiveMessage, publishLive } from '../shared/queue/live.ts';

const EVERY_MS = 250;

/** Shows people the last price and the open candles of each symbol, four times a second and no more. */
export class Glimpse {
  readonly #newest = new Map<string, LiveMessage>();
  readonly #timer: NodeJS.Timeout;

  constructor(redis: Redis, namespace: string) {
    this.#timer = setInterval(() => {
      if (this.#newest.size === 0) return;
      const messages = [...this.#newest.values()];
      this.#newest.clear();
      void publishLive(redis, namespace, messages);
    }, EVERY_MS);
  }

  trade({ venue, symbol, price, side, ts }: Trade): void {
    this.#newest.set(symbol, { type: 'price', venue, symbol, price, side, ts });
  }

  /** A closed candle is shown apart from the one that opens after it. */
  candle({ type: _, ...candle }: Candle): void {
    this.#newest.set(`${candle.symbol} ${candle.interval} ${candle.closed}`, { type: 'candle', candle });
  }

  close(): void {
    clearInterval(this.#timer);
  }
}
