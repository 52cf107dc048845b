import type { BookUpdate, Quote, Side, Trade } from '../../domain/market.ts';
import { Scanner } from '../scanner.ts';
import { Spellings } from '../spellings.ts';

const SIDES = new Spellings<Side>([
  ['buy', 'buy'],
  ['sell', 'sell'],
]);

/**
 * Reads trades, changes of the book and best quotes as Gate spells them, of symbols and books (`ob.BTC_USDT.400`) that
 * the long way has met before; undefined for all others. The envelope's time and event stand before the result or
 * behind it.
 */
export class GateScan {
  readonly #scanner = new Scanner();
  readonly #symbols: Spellings<string>;
  readonly #books: Spellings<string>;

  constructor(symbols: Spellings<string>, books: Spellings<string>) {
    this.#symbols = symbols;
    this.#books = books;
  }

  read(frame: string, receivedAt: number): Trade | BookUpdate | Quote | undefined {
    const scanner = this.#scanner;
    scanner.begin(frame);
    const isTimedFirst = scanner.passes('{"time":');
    if (isTimedFirst) {
      scanner.count();
      scanner.expect(',"time_ms":');
      scanner.count();
      scanner.expect(',"channel":"spot.');
    } else scanner.expect('{"channel":"spot.');
    const event = this.#readChannel(
      isTimedFirst ? ',"event":"update","result":{' : ',"result":{',
      receivedAt,
    );
    if (!isTimedFirst) {
      scanner.expect('},"time_ms":');
      scanner.count();
      scanner.expect(',"event":"update"}');
    } else scanner.expect('}}');
    return scanner.done ? event : undefined;
  }

  #readChannel(behind: string, receivedAt: number): Trade | BookUpdate | Quote | undefined {
    const scanner = this.#scanner;
    if (scanner.passes('obu"')) {
      scanner.expect(behind);
      return this.#readBook(receivedAt);
    }
    if (scanner.passes('trades"')) {
      scanner.expect(behind);
      return this.#readTrade(receivedAt);
    }
    scanner.expect('book_ticker"');
    scanner.expect(behind);
    return this.#readQuote(receivedAt);
  }

  #readTrade(receivedAt: number): Trade {
    const scanner = this.#scanner;
    scanner.expect('"id":');
    scanner.count();
    scanner.expect(',"id_market":');
    scanner.count();
    const id = scanner.written;
    scanner.expect(',"create_time":');
    scanner.count();
    scanner.expect(',"create_time_ms":"');
    const ts = scanner.epoch(receivedAt);
    if (scanner.passes('.')) scanner.digits(9);
    else scanner.expect('"');
    scanner.expect(',"side":"');
    const side = scanner.oneOf(SIDES);
    scanner.expect(',"currency_pair":"');
    const symbol = scanner.oneOf(this.#symbols);
    scanner.expect(',"amount":');
    const size = scanner.price();
    scanner.expect(',"price":');
    const price = scanner.price();
    scanner.expect(',"range":"');
    scanner.token();
    if (scanner.passes(',"stock":"')) this.#skipPair();
    return { type: 'trade', venue: 'gate', symbol, id, price, size, side, ts, receivedAt };
  }

  /** Says nothing that `currency_pair` has not said. */
  #skipPair(): void {
    const scanner = this.#scanner;
    scanner.token();
    scanner.expect(',"money":"');
    scanner.token();
    scanner.expect(',"trade_mode":');
    scanner.count();
  }

  /** The first number stands before the name or behind it; a side that did not change may be left out. */
  #readBook(receivedAt: number): BookUpdate {
    const scanner = this.#scanner;
    scanner.expect('"t":');
    const ts = scanner.epoch(receivedAt);
    const early = scanner.passes(',"U":') ? scanner.count() : undefined;
    scanner.expect(',"s":"');
    const symbol = scanner.oneOf(this.#books);
    if (early === undefined) scanner.expect(',"U":');
    const first = early ?? scanner.count();
    scanner.expect(',"u":');
    const last = scanner.count();
    const bids = scanner.passes(',"b":') ? scanner.levels() : [];
    const asks = scanner.passes(',"a":') ? scanner.levels() : [];
    const kind = 'delta';
    return { type: 'book', venue: 'gate', symbol, kind, bids, asks, first, last, ts, receivedAt };
  }

  #readQuote(receivedAt: number): Quote {
    const scanner = this.#scanner;
    scanner.expect('"t":');
    const ts = scanner.epoch(receivedAt);
    scanner.expect(',"u":');
    scanner.count();
    scanner.expect(',"s":"');
    const symbol = scanner.oneOf(this.#symbols);
    scanner.expect(',"b":');
    const bid = scanner.size();
    scanner.expect(',"B":');
    const bidSize = scanner.size();
    scanner.expect(',"a":');
    const ask = scanner.size();
    scanner.expect(',"A":');
    const askSize = scanner.size();
    return { type: 'quote', venue: 'gate', symbol, bid, bidSize, ask, askSize, ts, receivedAt };
  }
}
