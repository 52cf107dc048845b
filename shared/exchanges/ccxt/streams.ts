import type { Exchange } from 'ccxt';
import { now } from '../../clock.ts';
import type { Interval, MarketEvent, Trade } from '../../domain/market.ts';
import { OpenCandles } from '../open-candles.ts';
import type { Subscription } from '../venue.ts';
import {
  type CcxtBook,
  type CcxtCandle,
  type CcxtTicker,
  mapBook,
  mapCandle,
  mapQuote,
  mapTrade,
  type Told,
} from './mapper.ts';
import { RecentIds } from './recent-ids.ts';

/** Reads one thing that was told; throws a `RejectError` where it can't, which costs nothing else. */
export type News = () => MarketEvent[];

/**
 * ccxt's streams of one exchange as our events. ccxt keeps what came between two calls, and tells some of it again
 * after it connected anew: trades come out once, and a candle is closed by the first word of the next.
 */
export class CcxtStreams {
  readonly #exchange: Exchange;
  readonly #venue: string;
  readonly #trades = new Map<string, RecentIds>();
  readonly #candles = new OpenCandles();

  constructor(exchange: Exchange, venue: string) {
    this.#exchange = exchange;
    this.#venue = venue;
  }

  /** Subscribes where that is still to be done, and resolves when there is news; rejects with ccxt's own errors. */
  async next({ channel, symbol, interval = '1m' }: Subscription): Promise<News[]> {
    const exchange = this.#exchange;
    if (channel === 'trades') {
      const trades = await exchange.watchTrades(symbol);
      return trades.map((raw) => () => this.#unheard(mapTrade(raw, this.#told(symbol))));
    }
    if (channel === 'book') {
      const book = await exchange.watchOrderBook(symbol);
      return [() => [mapBook(book as CcxtBook, this.#told(symbol))]];
    }
    if (channel === 'candles') {
      const rows = await exchange.watchOHLCV(symbol, interval);
      return rows.map((row) => () => this.#candle(row as CcxtCandle, interval, symbol));
    }
    const ticker = await this.#watchQuote(symbol);
    return [() => [mapQuote(ticker, this.#told(symbol)) ?? []].flat()];
  }

  async #watchQuote(symbol: string): Promise<CcxtTicker> {
    if (!this.#exchange.has.watchBidsAsks) return (await this.#exchange.watchTicker(symbol)) as CcxtTicker;
    const tickers = await this.#exchange.watchBidsAsks([symbol]);
    return (tickers[symbol] ?? {}) as CcxtTicker;
  }

  #unheard(trade: Trade): Trade[] {
    const recent = this.#trades.get(trade.symbol) ?? new RecentIds();
    this.#trades.set(trade.symbol, recent);
    return recent.add(trade.id) ? [trade] : [];
  }

  #candle(row: CcxtCandle, interval: Interval, symbol: string) {
    return this.#candles.take(mapCandle(row, interval, this.#told(symbol)));
  }

  #told = (symbol: string): Told => ({ venue: this.#venue, symbol, receivedAt: now() });
}
