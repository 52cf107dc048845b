import type { BookUpdate, Quote, Trade } from '../../domain/market.ts';
import { Scanner } from '../scanner.ts';
import { Spellings } from '../spellings.ts';

/** What one of the hot frames says; of an aggregated trade also the id of its last single one. */
export type BinanceSaid =
  | { kind: 'trade'; trade: Trade }
  | { kind: 'aggTrade'; trade: Trade; last: number }
  | { kind: 'fact'; event: BookUpdate | Quote };

/** Streams whose events look like changes of the whole book and are none. */
export const OTHER_BOOKS = /@(depth\d|rpiDepth)/;

/**
 * Reads trades, depth changes and book tickers as Binance's markets spell them, raw and combined, of symbols that are
 * known; undefined for all others. Spot says no transaction time but with trades; futures say it before the symbol,
 * and COIN-M the pair behind it.
 */
export class BinanceScan {
  readonly #scanner = new Scanner();
  readonly #venue: string;
  readonly #symbols: Spellings<string>;
  readonly #streams = new Spellings<boolean>();

  constructor(venue: string, symbols: Spellings<string>) {
    this.#venue = venue;
    this.#symbols = symbols;
  }

  read(frame: string, receivedAt: number): BinanceSaid | undefined {
    const scanner = this.#scanner;
    scanner.begin(frame);
    const isCombined = scanner.passes('{"stream":"');
    const isOfWholeBook = !isCombined || scanner.oneOf(this.#streams);
    if (isCombined) scanner.expect(',"data":');
    const said = this.#readPayload(isOfWholeBook, receivedAt);
    scanner.expect(isCombined ? '}}' : '}');
    return scanner.done ? said : undefined;
  }

  /** The name of a combined stream, met for the first time. */
  learn(stream: string): void {
    if (PLAIN.test(stream)) this.#streams.set(stream, !OTHER_BOOKS.test(stream));
  }

  #readPayload(isOfWholeBook: boolean, receivedAt: number): BinanceSaid | undefined {
    const scanner = this.#scanner;
    if (scanner.passes('{"u":')) return fact(this.#readQuote(receivedAt));
    if (scanner.passes('{"e":"trade","E":')) return { kind: 'trade', trade: this.#readTrade(receivedAt) };
    if (scanner.passes('{"e":"aggTrade","E":')) return this.#readAggTrade(receivedAt);
    if (scanner.passes('{"e":"bookTicker","u":')) return fact(this.#readQuote(receivedAt));
    if (isOfWholeBook && scanner.passes('{"e":"depthUpdate","E":')) return fact(this.#readDepth(receivedAt));
    return undefined;
  }

  #readTrade(receivedAt: number): Trade {
    const scanner = this.#scanner;
    const venue = this.#venue;
    scanner.count();
    const early = scanner.passes(',"T":') ? scanner.epoch(receivedAt) : undefined;
    const symbol = this.#readSymbol();
    scanner.expect(',"t":');
    const id = this.#readId();
    const [price, size] = this.#readPriceAndSize();
    if (scanner.passes(',"b":')) {
      scanner.count();
      scanner.expect(',"a":');
      scanner.count();
    }
    const ts = early ?? this.#readTime(receivedAt);
    if (early !== undefined) scanner.expect(',"X":"MARKET"');
    return { type: 'trade', venue, symbol, id, price, size, side: this.#readSide(), ts, receivedAt };
  }

  #readAggTrade(receivedAt: number): BinanceSaid {
    const scanner = this.#scanner;
    const venue = this.#venue;
    scanner.count();
    const early = scanner.passes(',"a":') ? this.#readId() : undefined;
    const symbol = this.#readSymbol();
    if (early === undefined) scanner.expect(',"a":');
    const id = early ?? this.#readId();
    const [price, size] = this.#readPriceAndSize();
    if (scanner.passes(',"nq":')) scanner.size();
    scanner.expect(',"f":');
    scanner.count();
    scanner.expect(',"l":');
    const last = scanner.count();
    const ts = this.#readTime(receivedAt);
    const trade: Trade = {
      type: 'trade',
      venue,
      symbol,
      id,
      price,
      size,
      side: this.#readSide(),
      ts,
      receivedAt,
    };
    return { kind: 'aggTrade', trade, last };
  }

  #readDepth(receivedAt: number): BookUpdate {
    const scanner = this.#scanner;
    const venue = this.#venue;
    let ts = scanner.epoch(receivedAt);
    if (scanner.passes(',"T":')) ts = scanner.epoch(receivedAt);
    const symbol = this.#readSymbol();
    scanner.expect(',"U":');
    const first = scanner.count();
    scanner.expect(',"u":');
    const last = scanner.count();
    if (first > last) scanner.fail();
    const prev = scanner.passes(',"pu":') ? scanner.count() : undefined;
    scanner.expect(',"b":');
    const bids = scanner.levels();
    scanner.expect(',"a":');
    const asks = scanner.levels();
    const kind = 'delta';
    const update: BookUpdate = { type: 'book', venue, symbol, kind, bids, asks, first, last, ts, receivedAt };
    if (prev !== undefined) update.prev = prev;
    return update;
  }

  #readQuote(receivedAt: number): Quote {
    const scanner = this.#scanner;
    const venue = this.#venue;
    scanner.count();
    let ts = receivedAt;
    if (scanner.passes(',"E":')) {
      scanner.count();
      ts = this.#readTime(receivedAt);
    }
    const symbol = this.#readSymbol();
    scanner.expect(',"b":');
    const bid = scanner.size();
    scanner.expect(',"B":');
    const bidSize = scanner.size();
    scanner.expect(',"a":');
    const ask = scanner.size();
    scanner.expect(',"A":');
    const askSize = scanner.size();
    if (scanner.passes(',"T":')) {
      ts = scanner.epoch(receivedAt);
      scanner.expect(',"E":');
      scanner.count();
    }
    return { type: 'quote', venue, symbol, bid, bidSize, ask, askSize, ts, receivedAt };
  }

  #readSymbol(): string {
    const scanner = this.#scanner;
    scanner.expect(',"s":"');
    const symbol = scanner.oneOf(this.#symbols);
    if (scanner.passes(',"ps":"')) scanner.token();
    return symbol;
  }

  #readId(): string {
    const scanner = this.#scanner;
    scanner.count();
    return scanner.written;
  }

  #readPriceAndSize(): [string, string] {
    const scanner = this.#scanner;
    scanner.expect(',"p":');
    const price = scanner.price();
    scanner.expect(',"q":');
    return [price, scanner.price()];
  }

  #readTime(receivedAt: number): number {
    const scanner = this.#scanner;
    scanner.expect(',"T":');
    return scanner.epoch(receivedAt);
  }

  #readSide(): Trade['side'] {
    const scanner = this.#scanner;
    scanner.expect(',"m":');
    const isSell = scanner.flag();
    if (scanner.passes(',"M":')) scanner.flag();
    return isSell ? 'sell' : 'buy';
  }
}

const PLAIN = /^[\p{L}\p{N}_@!]+$/u;

const fact = (event: BookUpdate | Quote): BinanceSaid => ({ kind: 'fact', event });
