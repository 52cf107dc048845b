import type { Level, Quote, Side, Trade } from '../../domain/market.ts';
import { Scanner } from '../scanner.ts';
import { Spellings } from '../spellings.ts';

/** What one of the hot frames says, and the number and time (UTC ms) of that frame. */
export type CoinbaseSaid = { number: number; ts: number } & (
  | { channel: 'market_trades'; trades: Trade[] }
  | { channel: 'l2_data'; change: CoinbaseChange }
  | { channel: 'ticker'; quotes: Quote[] }
);

/** A change of one book. */
export interface CoinbaseChange {
  symbol: string;
  bids: Level[];
  asks: Level[];
}

const BOOK_SIDES = new Spellings<'bid' | 'ask'>([
  ['bid', 'bid'],
  ['offer', 'ask'],
  ['ask', 'ask'],
]);

/** The maker's side → the taker's. */
const TRADE_SIDES = new Spellings<Side>([
  ['BUY', 'sell'],
  ['SELL', 'buy'],
]);

/** Of the day and the year, between the price of a ticker and its best bid. */
const FIGURES = [
  ...['volume_24_h', 'low_24_h', 'high_24_h', 'low_52_w', 'high_52_w', 'price_percent_chg_24_h'],
].map((key) => `,"${key}":`);

/**
 * Reads new trades, changes of books and tickers as Coinbase spells them, of products that are known; undefined for
 * all other frames.
 */
export class CoinbaseScan {
  readonly #scanner = new Scanner();
  readonly #symbols: Spellings<string>;

  constructor(symbols: Spellings<string>) {
    this.#symbols = symbols;
  }

  read(frame: string, receivedAt: number): CoinbaseSaid | undefined {
    const scanner = this.#scanner;
    scanner.begin(frame);
    const said = this.#readChannel(receivedAt);
    scanner.expect(']}]}');
    return scanner.done ? said : undefined;
  }

  #readChannel(receivedAt: number): CoinbaseSaid | undefined {
    const scanner = this.#scanner;
    if (scanner.passes('{"channel":"l2_data"')) {
      const { number, ts } = this.#readOrigin(receivedAt);
      scanner.expect('update","product_id":"');
      return { channel: 'l2_data', number, ts, change: this.#readChange(receivedAt) };
    }
    if (scanner.passes('{"channel":"market_trades"')) {
      const { number, ts } = this.#readOrigin(receivedAt);
      scanner.expect('update","trades":[');
      return { channel: 'market_trades', number, ts, trades: this.#readTrades(receivedAt) };
    }
    if (!scanner.passes('{"channel":"ticker"')) return undefined;
    const { number, ts } = this.#readOrigin(receivedAt);
    scanner.expect('update","tickers":[');
    return { channel: 'ticker', number, ts, quotes: this.#readQuotes(ts, receivedAt) };
  }

  #readOrigin(receivedAt: number): { number: number; ts: number } {
    const scanner = this.#scanner;
    scanner.expect(',"client_id":"","timestamp":"');
    const ts = scanner.rfc3339(receivedAt);
    scanner.expect(',"sequence_num":');
    const number = scanner.count();
    scanner.expect(',"events":[{"type":"');
    return { number, ts };
  }

  #readChange(receivedAt: number): CoinbaseChange {
    const scanner = this.#scanner;
    const symbol = scanner.oneOf(this.#symbols);
    const change: CoinbaseChange = { symbol, bids: [], asks: [] };
    scanner.expect(',"updates":[{"side":"');
    do this.#readLevel(change, receivedAt);
    while (scanner.passes('},{"side":"'));
    scanner.expect('}');
    return change;
  }

  #readLevel({ bids, asks }: CoinbaseChange, receivedAt: number): void {
    const scanner = this.#scanner;
    const side = scanner.oneOf(BOOK_SIDES);
    scanner.expect(',"event_time":"');
    scanner.rfc3339(receivedAt);
    scanner.expect(',"price_level":');
    const price = scanner.price();
    scanner.expect(',"new_quantity":');
    (side === 'bid' ? bids : asks).push([price, scanner.size()]);
  }

  #readTrades(receivedAt: number): Trade[] {
    const trades: Trade[] = [];
    do trades.push(this.#readTrade(receivedAt));
    while (this.#scanner.passes(','));
    return trades;
  }

  /** The pairs of product and id, and of side and time, come in either order. */
  #readTrade(receivedAt: number): Trade {
    const scanner = this.#scanner;
    const isIdFirst = scanner.passes('{"trade_id":"');
    if (!isIdFirst) scanner.expect('{"product_id":"');
    let id = isIdFirst ? scanner.digits(15) : '';
    if (isIdFirst) scanner.expect(',"product_id":"');
    const symbol = scanner.oneOf(this.#symbols);
    if (!isIdFirst) {
      scanner.expect(',"trade_id":"');
      id = scanner.digits(15);
    }
    scanner.expect(',"price":');
    const price = scanner.price();
    scanner.expect(',"size":');
    const size = scanner.price();
    const isSideFirst = scanner.passes(',"side":"');
    let side = isSideFirst ? scanner.oneOf(TRADE_SIDES) : undefined;
    scanner.expect(',"time":"');
    const ts = scanner.rfc3339(receivedAt);
    if (side === undefined) {
      scanner.expect(',"side":"');
      side = scanner.oneOf(TRADE_SIDES);
    }
    scanner.expect('}');
    return { type: 'trade', venue: 'coinbase', symbol, id, price, size, side, ts, receivedAt };
  }

  #readQuotes(ts: number, receivedAt: number): Quote[] {
    const quotes: Quote[] = [];
    do quotes.push(this.#readQuote(ts, receivedAt));
    while (this.#scanner.passes(','));
    return quotes;
  }

  #readQuote(ts: number, receivedAt: number): Quote {
    const scanner = this.#scanner;
    scanner.expect('{"type":"ticker","product_id":"');
    const symbol = scanner.oneOf(this.#symbols);
    scanner.expect(',"price":');
    scanner.skipNumber();
    for (const key of FIGURES) if (scanner.passes(key)) scanner.skipNumber();
    scanner.expect(',"best_bid":');
    const bid = scanner.size();
    scanner.expect(',"best_bid_quantity":');
    const bidSize = scanner.size();
    scanner.expect(',"best_ask":');
    const ask = scanner.size();
    scanner.expect(',"best_ask_quantity":');
    const askSize = scanner.size();
    scanner.expect('}');
    return { type: 'quote', venue: 'coinbase', symbol, bid, bidSize, ask, askSize, ts, receivedAt };
  }
}
