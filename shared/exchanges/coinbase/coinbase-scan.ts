import type { Level } from '../../domain/market.ts';
import { Scanner, Spellings } from '../scanner.ts';

/** A change of one book, and the number and time (UTC ms) of its frame. */
export interface CoinbaseChange {
  number: number;
  ts: number;
  symbol: string;
  bids: Level[];
  asks: Level[];
}

const SIDES = new Spellings<'bid' | 'ask'>([
  ['bid', 'bid'],
  ['offer', 'ask'],
  ['ask', 'ask'],
]);

/** Reads changes of books as Coinbase spells them, of products that are known; undefined for all other frames. */
export class CoinbaseScan {
  readonly #scanner = new Scanner();
  readonly #symbols: Spellings<string>;

  constructor(symbols: Spellings<string>) {
    this.#symbols = symbols;
  }

  read(frame: string, receivedAt: number): CoinbaseChange | undefined {
    const scanner = this.#scanner;
    scanner.begin(frame);
    if (!scanner.passes('{"channel":"l2_data","client_id":"","timestamp":"')) return undefined;
    const ts = scanner.rfc3339(receivedAt);
    scanner.expect(',"sequence_num":');
    const number = scanner.count();
    scanner.expect(',"events":[{"type":"update","product_id":"');
    const symbol = scanner.oneOf(this.#symbols);
    const change: CoinbaseChange = { number, ts, symbol, bids: [], asks: [] };
    scanner.expect(',"updates":[{"side":"');
    do this.#readLevel(change, receivedAt);
    while (scanner.passes('},{"side":"'));
    scanner.expect('}]}]}');
    return scanner.done ? change : undefined;
  }

  #readLevel({ bids, asks }: CoinbaseChange, receivedAt: number): void {
    const scanner = this.#scanner;
    const side = scanner.oneOf(SIDES);
    scanner.expect(',"event_time":"');
    scanner.rfc3339(receivedAt);
    scanner.expect(',"price_level":');
    const price = scanner.price();
    scanner.expect(',"new_quantity":');
    (side === 'bid' ? bids : asks).push([price, scanner.size()]);
  }
}
