import type { Redis } from 'ioredis';
import { findLastBook } from '../db/books.ts';
import { findLastCandle } from '../db/candles.ts';
import type { Sql } from '../db/client.ts';
import { findLastTrade } from '../db/trades.ts';
import type { Candle, Interval } from '../domain/market.ts';
import { bookKey, type LastPrice, type LiveBook, pricesKey, type TopOfBook } from './keys.ts';

/**
 * The price of a symbol now: what the producers keep in Redis, or, where Redis has nothing or is away, the newest
 * that the archive has. Undefined when neither knows the symbol.
 */
export class Prices {
  readonly #redis: Redis;
  readonly #sql: Sql;
  readonly #namespace: string;

  constructor({ redis, sql, namespace }: { redis: Redis; sql: Sql; namespace: string }) {
    this.#redis = redis;
    this.#sql = sql;
    this.#namespace = namespace;
  }

  /** The last trade. */
  async lastPrice(venue: string, symbol: string): Promise<LastPrice | undefined> {
    const cached = await this.#field<LastPrice>(venue, symbol, 'last');
    if (cached) return cached;
    const trade = await findLastTrade(this.#sql, { venue, symbol });
    return trade && { price: trade.price, side: trade.side, ts: trade.ts, receivedAt: trade.ts };
  }

  /** Best bid and ask. */
  async topOfBook(venue: string, symbol: string): Promise<TopOfBook | undefined> {
    const cached = await this.#field<TopOfBook>(venue, symbol, 'top');
    if (cached) return cached;
    const book = await findLastBook(this.#sql, { venue, symbol });
    const [bid, ask] = [book?.bids[0], book?.asks[0]];
    if (!book || !bid || !ask) return undefined;
    return { bid: bid[0], bidSize: bid[1], ask: ask[0], askSize: ask[1], ts: book.ts };
  }

  /** The candle that is still open; the newest archived one, `closed`, when nobody streams it. */
  async openCandle(venue: string, symbol: string, interval: Interval): Promise<Candle | undefined> {
    const cached = await this.#field<Candle>(venue, symbol, `candle:${interval}`);
    if (cached) return cached;
    const row = await findLastCandle(this.#sql, { venue, symbol, interval });
    return row && { type: 'candle', ...row, receivedAt: row.ts, closed: true };
  }

  /** The top 20 levels a side; undefined when no producer has confirmed the book within the last seconds. */
  async liveBook(venue: string, symbol: string): Promise<LiveBook | undefined> {
    return parse(await this.#redis.get(bookKey(this.#namespace, venue, symbol)));
  }

  async #field<T>(venue: string, symbol: string, field: string): Promise<T | undefined> {
    const text = await this.#redis
      .hget(pricesKey(this.#namespace, venue, symbol), field)
      // Redis is away: the archive answers instead.
      .catch(() => null);
    return parse(text);
  }
}

const parse = <T>(text: string | null): T | undefined =>
  text === null ? undefined : (JSON.parse(text) as T);
