import type { BookUpdate, Level, Quote, Side, Trade } from '../../domain/market.ts';
import { Scanner } from '../scanner.ts';
import { Spellings } from '../spellings.ts';

/** What one of the three hot frames says. */
export type KrakenSaid =
  | { channel: 'book'; updates: BookUpdate[] }
  | { channel: 'trade'; isSnapshot: boolean; trades: Trade[] }
  | { channel: 'ticker'; quotes: Quote[] };

const SIDES = new Spellings<Side>([
  ['buy', 'buy'],
  ['sell', 'sell'],
]);

/**
 * Reads book, trade and ticker frames as Kraken v2 spells them, of symbols that the long way (which fills `symbols`:
 * the venue's → ours) has met before; undefined for all others. Numbers are bare, and their digits as written are
 * what the checksum is made of.
 */
export class KrakenScan {
  readonly #scanner = new Scanner({ numbers: 'bare' });
  readonly #symbols: Spellings<string>;

  constructor(symbols: Spellings<string>) {
    this.#symbols = symbols;
  }

  read(frame: string, receivedAt: number): KrakenSaid | undefined {
    const scanner = this.#scanner;
    scanner.begin(frame);
    if (scanner.passes('{"channel":"book","type":"')) {
      const kind = this.#isSnapshot() ? 'snapshot' : 'delta';
      const updates: BookUpdate[] = [];
      do updates.push(this.#readBook(kind, receivedAt));
      while (scanner.passes('},{"symbol":"'));
      return this.#isWhole() ? { channel: 'book', updates } : undefined;
    }
    if (scanner.passes('{"channel":"trade","type":"')) {
      const repeats = this.#isSnapshot();
      const trades: Trade[] = [];
      do trades.push(this.#readTrade(receivedAt));
      while (scanner.passes('},{"symbol":"'));
      return this.#isWhole() ? { channel: 'trade', isSnapshot: repeats, trades } : undefined;
    }
    if (scanner.passes('{"channel":"ticker","type":"')) {
      this.#isSnapshot();
      const quotes: Quote[] = [];
      do quotes.push(this.#readQuote(receivedAt));
      while (scanner.passes('},{"symbol":"'));
      return this.#isWhole() ? { channel: 'ticker', quotes } : undefined;
    }
    return undefined;
  }

  #isSnapshot(): boolean {
    const scanner = this.#scanner;
    if (scanner.passes('update","data":[{"symbol":"')) return false;
    scanner.expect('snapshot","data":[{"symbol":"');
    return true;
  }

  #isWhole(): boolean {
    const scanner = this.#scanner;
    scanner.expect('}]}');
    return scanner.done;
  }

  #readBook(kind: BookUpdate['kind'], receivedAt: number): BookUpdate {
    const scanner = this.#scanner;
    const symbol = scanner.oneOf(this.#symbols);
    const decimals: [number, number] = [0, 0];
    scanner.expect(',"bids":[');
    const bids = this.#readLevels(decimals);
    scanner.expect(',"asks":[');
    const asks = this.#readLevels(decimals);
    scanner.expect(',"checksum":');
    const checksum = scanner.count();
    const ts = scanner.passes(',"timestamp":"') ? scanner.rfc3339(receivedAt) : receivedAt;
    return { type: 'book', venue: 'kraken', symbol, kind, bids, asks, decimals, ts, receivedAt, checksum };
  }

  #readLevels(decimals: [number, number]): Level[] {
    const scanner = this.#scanner;
    const levels: Level[] = [];
    while (scanner.passes('{"price":')) {
      const price = scanner.price();
      decimals[0] = Math.max(decimals[0], scanner.decimals);
      scanner.expect(',"qty":');
      levels.push([price, scanner.size()]);
      decimals[1] = Math.max(decimals[1], scanner.decimals);
      scanner.expect('}');
      if (!scanner.passes(',')) break;
    }
    scanner.expect(']');
    return levels;
  }

  #readTrade(receivedAt: number): Trade {
    const scanner = this.#scanner;
    const symbol = scanner.oneOf(this.#symbols);
    scanner.expect(',"side":"');
    const side = scanner.oneOf(SIDES);
    scanner.expect(',"price":');
    const price = scanner.price();
    scanner.expect(',"qty":');
    const size = scanner.price();
    scanner.expect(',"ord_type":"');
    scanner.token();
    scanner.expect(',"trade_id":');
    scanner.count();
    const id = scanner.written;
    scanner.expect(',"timestamp":"');
    const ts = scanner.rfc3339(receivedAt);
    return { type: 'trade', venue: 'kraken', symbol, id, price, size, side, ts, receivedAt };
  }

  #readQuote(receivedAt: number): Quote {
    const scanner = this.#scanner;
    const symbol = scanner.oneOf(this.#symbols);
    scanner.expect(',"bid":');
    const bid = scanner.size();
    scanner.expect(',"bid_qty":');
    const bidSize = scanner.size();
    scanner.expect(',"ask":');
    const ask = scanner.size();
    scanner.expect(',"ask_qty":');
    const askSize = scanner.size();
    for (const key of FIGURES) {
      scanner.expect(key);
      scanner.skipNumber();
    }
    const ts = scanner.passes(',"timestamp":"') ? scanner.rfc3339(receivedAt) : receivedAt;
    return { type: 'quote', venue: 'kraken', symbol, bid, bidSize, ask, askSize, ts, receivedAt };
  }
}

/** Of the day, behind the best bid and ask. */
const FIGURES = ['last', 'volume', 'vwap', 'low', 'high', 'change', 'change_pct'].map((key) => `,"${key}":`);
