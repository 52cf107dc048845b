import type { BookUpdate, Quote, Side, Trade } from '../../domain/market.ts';
import { Scanner } from '../scanner.ts';
import { Spellings } from '../spellings.ts';

const SIDES = new Spellings<Side>([
  ['buy', 'buy'],
  ['sell', 'sell'],
]);

/**
 * Reads trades, changes of the book and best quotes as KuCoin spells them, of symbols that the long way (which fills
 * `symbols`: the venue's → ours) has met before; undefined for all others.
 */
export class KucoinScan {
  readonly #scanner = new Scanner();
  readonly #symbols: Spellings<string>;

  constructor(symbols: Spellings<string>) {
    this.#symbols = symbols;
  }

  read(frame: string, receivedAt: number): Trade | BookUpdate | Quote | undefined {
    const scanner = this.#scanner;
    scanner.begin(frame);
    const event = this.#readChannel(receivedAt);
    scanner.expect('}}');
    return scanner.done ? event : undefined;
  }

  #readChannel(receivedAt: number): Trade | BookUpdate | Quote | undefined {
    const scanner = this.#scanner;
    if (scanner.passes('{"T":"trade.SPOT","P":')) return this.#readTrade(receivedAt);
    if (scanner.passes('{"T":"obu.SPOT","dp":"increment@10ms","t":"delta","P":')) {
      return this.#readBook(receivedAt);
    }
    if (scanner.passes('{"T":"obu.SPOT","dp":"1","t":"snapshot","P":')) return this.#readQuote(receivedAt);
    return undefined;
  }

  #readTrade(receivedAt: number): Trade {
    const scanner = this.#scanner;
    scanner.skipNumber();
    scanner.expect(',"d":{"E":');
    scanner.skipNumber();
    const ts = this.#readTime(receivedAt);
    scanner.expect(',"S":"');
    const side = scanner.oneOf(SIDES);
    scanner.expect(',"p":');
    const price = scanner.price();
    scanner.expect(',"q":');
    const size = scanner.price();
    const symbol = this.#readSymbol();
    scanner.expect(',"ti":"');
    const id = scanner.digits(32);
    return { type: 'trade', venue: 'kucoin', symbol, id, price, size, side, ts, receivedAt };
  }

  #readBook(receivedAt: number): BookUpdate {
    const scanner = this.#scanner;
    scanner.skipNumber();
    scanner.expect(',"d":{"C":');
    const last = scanner.count();
    const ts = this.#readTime(receivedAt);
    scanner.expect(',"O":');
    const first = scanner.count();
    scanner.expect(',"a":');
    const asks = scanner.levels();
    scanner.expect(',"b":');
    const bids = scanner.levels();
    const symbol = this.#readSymbol();
    const kind = 'delta';
    return { type: 'book', venue: 'kucoin', symbol, kind, bids, asks, first, last, ts, receivedAt };
  }

  #readQuote(receivedAt: number): Quote {
    const scanner = this.#scanner;
    scanner.skipNumber();
    scanner.expect(',"d":{"C":');
    scanner.skipNumber();
    const ts = this.#readTime(receivedAt);
    scanner.expect(',"O":');
    scanner.skipNumber();
    scanner.expect(',"a":[[');
    const ask = scanner.price();
    scanner.expect(',');
    const askSize = scanner.size();
    scanner.expect(']],"b":[[');
    const bid = scanner.price();
    scanner.expect(',');
    const bidSize = scanner.size();
    scanner.expect(']]');
    const symbol = this.#readSymbol();
    return { type: 'quote', venue: 'kucoin', symbol, bid, bidSize, ask, askSize, ts, receivedAt };
  }

  #readTime(receivedAt: number): number {
    this.#scanner.expect(',"M":');
    return this.#scanner.nanoseconds(receivedAt);
  }

  #readSymbol(): string {
    this.#scanner.expect(',"s":"');
    return this.#scanner.oneOf(this.#symbols);
  }
}
