import type { BookUpdate, Quote, Side, Trade } from '../../domain/market.ts';
import { Scanner } from '../scanner.ts';
import { Spellings } from '../spellings.ts';
import { restoreMs } from './bitget-rows.ts';
import type { BitgetMarket } from './bitget-symbols.ts';

/** What one of the hot frames says; trades in the order of the wire. */
export type BitgetSaid =
  | { channel: 'trade'; trades: Trade[] }
  | { channel: 'books'; update: BookUpdate }
  | { channel: 'books1'; quote: Quote };

const SIDES = new Spellings<Side>([
  ['buy', 'buy'],
  ['sell', 'sell'],
]);

const PRODUCTS = {
  spot: ['SPOT'],
  futures: ['USDT-FUTURES', 'USDC-FUTURES', 'COIN-FUTURES'],
} satisfies Record<BitgetMarket, string[]>;

/**
 * Reads trades, changes of the book and best quotes as Bitget spells them, of symbols that the long way (which fills
 * `symbols`: the venue's → ours) has met before; undefined for all others, and for sequences of more than 15 digits.
 */
export class BitgetScan {
  readonly #scanner = new Scanner();
  readonly #symbols: Spellings<string>;
  readonly #products: Spellings<boolean>;

  constructor(market: BitgetMarket, symbols: Spellings<string>) {
    this.#symbols = symbols;
    this.#products = new Spellings(PRODUCTS[market].map((product) => [product, true]));
  }

  read(frame: string, receivedAt: number): BitgetSaid | undefined {
    const scanner = this.#scanner;
    scanner.begin(frame);
    const isUpdate = scanner.passes('{"action":"update",');
    if (!isUpdate) scanner.expect('{"action":"snapshot",');
    scanner.expect('"arg":{"instType":"');
    scanner.oneOf(this.#products);
    scanner.expect(',"channel":"');
    const said = this.#readChannel(isUpdate, receivedAt);
    scanner.expect('}],"ts":');
    scanner.count();
    scanner.expect('}');
    return scanner.done ? said : undefined;
  }

  #readChannel(isUpdate: boolean, receivedAt: number): BitgetSaid | undefined {
    const scanner = this.#scanner;
    if (scanner.passes('trade"')) return { channel: 'trade', trades: this.#readTrades(receivedAt) };
    if (scanner.passes('books1"')) return { channel: 'books1', quote: this.#readQuote(receivedAt) };
    if (!isUpdate || !scanner.passes('books"')) return undefined;
    return { channel: 'books', update: this.#readBook(receivedAt) };
  }

  #readTrades(receivedAt: number): Trade[] {
    const scanner = this.#scanner;
    const symbol = this.#readSymbol();
    const trades: Trade[] = [];
    scanner.expect('{"ts":"');
    do trades.push(this.#readTrade(symbol, receivedAt));
    while (scanner.passes('},{"ts":"'));
    return trades;
  }

  #readTrade(symbol: string, receivedAt: number): Trade {
    const scanner = this.#scanner;
    const second = scanner.epochText(receivedAt);
    scanner.expect(',"price":');
    const price = scanner.price();
    scanner.expect(',"size":');
    const size = scanner.price();
    scanner.expect(',"side":"');
    const side = scanner.oneOf(SIDES);
    scanner.expect(',"tradeId":"');
    const id = scanner.digits(32);
    const ts = scanner.failed ? 0 : restoreMs(second, id);
    return { type: 'trade', venue: 'bitget', symbol, id, price, size, side, ts, receivedAt };
  }

  #readBook(receivedAt: number): BookUpdate {
    const scanner = this.#scanner;
    const symbol = this.#readSymbol();
    scanner.expect('{"asks":');
    const asks = scanner.levels();
    scanner.expect(',"bids":');
    const bids = scanner.levels();
    const ts = this.#readTime(receivedAt);
    scanner.expect(',"seq":');
    const last = scanner.count();
    scanner.expect(',"pseq":');
    const prev = scanner.count();
    const kind = 'delta';
    return { type: 'book', venue: 'bitget', symbol, kind, bids, asks, last, prev, ts, receivedAt };
  }

  #readQuote(receivedAt: number): Quote {
    const scanner = this.#scanner;
    const symbol = this.#readSymbol();
    scanner.expect('{"asks":[[');
    const ask = scanner.price();
    scanner.expect(',');
    const askSize = scanner.size();
    scanner.expect(']],"bids":[[');
    const bid = scanner.price();
    scanner.expect(',');
    const bidSize = scanner.size();
    scanner.expect(']]');
    const ts = this.#readTime(receivedAt);
    scanner.expect(',"seq":');
    scanner.skipNumber();
    scanner.expect(',"pseq":');
    scanner.skipNumber();
    return { type: 'quote', venue: 'bitget', symbol, bid, bidSize, ask, askSize, ts, receivedAt };
  }

  #readSymbol(): string {
    const scanner = this.#scanner;
    scanner.expect(',"instId":"');
    const symbol = scanner.oneOf(this.#symbols);
    scanner.expect('},"data":[');
    return symbol;
  }

  #readTime(receivedAt: number): number {
    this.#scanner.expect(',"ts":"');
    return this.#scanner.epochText(receivedAt);
  }
}
