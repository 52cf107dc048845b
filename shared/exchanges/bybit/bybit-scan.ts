import type { BookUpdate, Side, Trade } from '../../domain/market.ts';
import { Scanner, Spellings } from '../scanner.ts';

/** What one of the hot frames says. */
export type BybitSaid =
  | { channel: 'publicTrade'; trades: Trade[] }
  | { channel: 'orderbook'; depth: number; update: BookUpdate };

const SIDES = new Spellings<Side>([
  ['Buy', 'buy'],
  ['Sell', 'sell'],
]);

const DEPTHS = [50, 200, 1000];

/** Reads trades and changes of books as Bybit spells them, of symbols that are known; undefined for all others. */
export class BybitScan {
  readonly #scanner = new Scanner();
  readonly #symbols: Spellings<string>;

  constructor(symbols: Spellings<string>) {
    this.#symbols = symbols;
  }

  read(frame: string, receivedAt: number): BybitSaid | undefined {
    const scanner = this.#scanner;
    scanner.begin(frame);
    const said = this.#readTopic(receivedAt);
    return scanner.done ? said : undefined;
  }

  #readTopic(receivedAt: number): BybitSaid | undefined {
    const scanner = this.#scanner;
    if (scanner.passes('{"topic":"publicTrade.')) {
      return { channel: 'publicTrade', trades: this.#readTrades(receivedAt) };
    }
    const depth = DEPTHS.find((each) => scanner.passes(`{"topic":"orderbook.${each}.`));
    if (depth === undefined) return undefined;
    return { channel: 'orderbook', depth, update: this.#readBook(receivedAt) };
  }

  #readTrades(receivedAt: number): Trade[] {
    const scanner = this.#scanner;
    const trades: Trade[] = [];
    scanner.oneOf(this.#symbols);
    scanner.expect(',"type":"snapshot","ts":');
    scanner.count();
    scanner.expect(',"data":[');
    do trades.push(this.#readTrade(receivedAt));
    while (scanner.passes(','));
    scanner.expect(']}');
    return trades;
  }

  #readTrade(receivedAt: number): Trade {
    const scanner = this.#scanner;
    scanner.expect('{"T":');
    const ts = scanner.epoch(receivedAt);
    scanner.expect(',"s":"');
    const symbol = scanner.oneOf(this.#symbols);
    scanner.expect(',"S":"');
    const side = scanner.oneOf(SIDES);
    scanner.expect(',"v":');
    const size = scanner.price();
    scanner.expect(',"p":');
    const price = scanner.price();
    if (scanner.passes(',"L":"')) scanner.token();
    scanner.expect(',"i":"');
    const id = scanner.token();
    scanner.expect(',"BT":');
    scanner.flag();
    if (scanner.passes(',"RPI":')) scanner.flag();
    if (scanner.passes(',"seq":')) scanner.count();
    scanner.expect('}');
    return { type: 'trade', venue: 'bybit', symbol, id, price, size, side, ts, receivedAt };
  }

  /** Update id 1 begins a book anew: that is for the long way. */
  #readBook(receivedAt: number): BookUpdate {
    const scanner = this.#scanner;
    scanner.oneOf(this.#symbols);
    scanner.expect(',"type":"delta","ts":');
    const ts = scanner.epoch(receivedAt);
    scanner.expect(',"data":{"s":"');
    const symbol = scanner.oneOf(this.#symbols);
    scanner.expect(',"b":');
    const bids = scanner.levels();
    scanner.expect(',"a":');
    const asks = scanner.levels();
    scanner.expect(',"u":');
    const last = scanner.count();
    if (last === 1) scanner.fail();
    scanner.expect(',"seq":');
    scanner.count();
    scanner.expect('},"cts":');
    scanner.count();
    scanner.expect('}');
    return { type: 'book', venue: 'bybit', symbol, kind: 'delta', bids, asks, last, ts, receivedAt };
  }
}
