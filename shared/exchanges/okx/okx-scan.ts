import type { BookUpdate, Quote, Side, Trade } from '../../domain/market.ts';
import { Scanner } from '../scanner.ts';
import { Spellings } from '../spellings.ts';

/** What one of the hot frames says. */
export type OkxSaid =
  | { channel: 'trades-all' | 'trades'; trades: Trade[] }
  | { channel: 'books'; update: BookUpdate }
  | { channel: 'bbo-tbt'; quote: Quote };

const SIDES = new Spellings<Side>([
  ['buy', 'buy'],
  ['sell', 'sell'],
]);

/**
 * Reads trades, changes of the book and best quotes as OKX spells them, of symbols that are known; undefined for all
 * others.
 */
export class OkxScan {
  readonly #scanner = new Scanner();
  readonly #symbols: Spellings<string>;

  constructor(symbols: Spellings<string>) {
    this.#symbols = symbols;
  }

  read(frame: string, receivedAt: number): OkxSaid | undefined {
    const scanner = this.#scanner;
    scanner.begin(frame);
    const said = this.#readChannel(receivedAt);
    scanner.expect('}]}');
    return scanner.done ? said : undefined;
  }

  #readChannel(receivedAt: number): OkxSaid | undefined {
    const scanner = this.#scanner;
    if (scanner.passes('{"arg":{"channel":"trades-all","instId":"')) {
      return { channel: 'trades-all', trades: this.#readTrades(receivedAt) };
    }
    if (scanner.passes('{"arg":{"channel":"trades","instId":"')) {
      return { channel: 'trades', trades: this.#readTrades(receivedAt) };
    }
    if (scanner.passes('{"arg":{"channel":"bbo-tbt","instId":"')) {
      return { channel: 'bbo-tbt', quote: this.#readQuote(receivedAt) };
    }
    if (!scanner.passes('{"arg":{"channel":"books","instId":"')) return undefined;
    return { channel: 'books', update: this.#readBook(receivedAt) };
  }

  #readTrades(receivedAt: number): Trade[] {
    const scanner = this.#scanner;
    const trades: Trade[] = [];
    scanner.oneOf(this.#symbols);
    scanner.expect('},"data":[{"instId":"');
    do trades.push(this.#readTrade(receivedAt));
    while (scanner.passes('},{"instId":"'));
    return trades;
  }

  /** Behind the time come what a trade is made of (`count`), whose it is and where it stands, as far as known. */
  #readTrade(receivedAt: number): Trade {
    const scanner = this.#scanner;
    const symbol = scanner.oneOf(this.#symbols);
    scanner.expect(',"tradeId":"');
    const id = scanner.digits(32);
    scanner.expect(',"px":');
    const price = scanner.price();
    scanner.expect(',"sz":');
    const size = scanner.price();
    scanner.expect(',"side":"');
    const side = scanner.oneOf(SIDES);
    const ts = this.#readTime(receivedAt);
    if (scanner.passes(',"count":"')) scanner.digits(9);
    if (scanner.passes(',"source":"')) scanner.digits(9);
    if (scanner.passes(',"seqId":')) scanner.count();
    return { type: 'trade', venue: 'okx', symbol, id, price, size, side, ts, receivedAt };
  }

  #readBook(receivedAt: number): BookUpdate {
    const scanner = this.#scanner;
    const symbol = scanner.oneOf(this.#symbols);
    scanner.expect('},"action":"update","data":[{"asks":');
    const asks = scanner.levels();
    scanner.expect(',"bids":');
    const bids = scanner.levels();
    const ts = this.#readTime(receivedAt);
    scanner.expect(',"checksum":');
    scanner.skipNumber();
    scanner.expect(',"prevSeqId":');
    const prev = scanner.count();
    scanner.expect(',"seqId":');
    const last = scanner.count();
    const kind = 'delta';
    return { type: 'book', venue: 'okx', symbol, kind, bids, asks, last, prev, ts, receivedAt };
  }

  #readQuote(receivedAt: number): Quote {
    const scanner = this.#scanner;
    const symbol = scanner.oneOf(this.#symbols);
    scanner.expect('},"data":[{"asks":');
    const [ask] = scanner.levels();
    scanner.expect(',"bids":');
    const [bid] = scanner.levels();
    const ts = this.#readTime(receivedAt);
    scanner.expect(',"seqId":');
    scanner.count();
    const [[bidPrice, bidSize], [askPrice, askSize]] = [bid ?? NONE, ask ?? NONE];
    if (!bid || !ask) scanner.fail();
    const [type, venue] = ['quote', 'okx'] as const;
    return { type, venue, symbol, bid: bidPrice, bidSize, ask: askPrice, askSize, ts, receivedAt };
  }

  #readTime(receivedAt: number): number {
    this.#scanner.expect(',"ts":"');
    return this.#scanner.epochText(receivedAt);
  }
}

const NONE = ['', ''] as const;
