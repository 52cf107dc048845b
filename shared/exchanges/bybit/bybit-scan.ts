import type { BookUpdate, Origin, Side, Trade } from '../../domain/market.ts';
import { Scanner } from '../scanner.ts';
import { Spellings } from '../spellings.ts';
import { type BybitTicker, newTicker } from './bybit-ticker.ts';

/** What one of the hot frames says. */
export type BybitSaid =
  | { channel: 'publicTrade'; trades: Trade[] }
  | { channel: 'orderbook'; depth: number; update: BookUpdate }
  | { channel: 'tickers'; origin: Origin; isWhole: boolean; ticker: BybitTicker };

const SIDES = new Spellings<Side>([
  ['Buy', 'buy'],
  ['Sell', 'sell'],
]);

/** Kinds of a frame: whole or what changed. */
const KINDS = new Spellings<boolean>([
  ['snapshot', true],
  ['delta', false],
]);

/** Depth 1 is the best quote. */
const DEPTHS = [200, 50, 1000, 1].map((depth) => ({ depth, topic: `{"topic":"orderbook.${depth}.` }));

/** How a field of a ticker is read; `skip` for those of no use to us. */
type TickerField = keyof BybitTicker | 'skip';

/** https://bybit-exchange.github.io/docs/v5/websocket/public/ticker */
const TICKER_FIELDS = new Spellings<TickerField>([
  ...(Object.keys(newTicker()) as (keyof BybitTicker)[]).map((name) => [name, name] as const),
  ...[
    ...['tickDirection', 'price24hPcnt', 'lastPrice', 'prevPrice24h', 'highPrice24h'],
    ...['lowPrice24h', 'prevPrice1h', 'openInterest', 'openInterestValue', 'turnover24h', 'volume24h'],
    ...['deliveryTime', 'basisRate', 'deliveryFeeRate', 'predictedDeliveryPrice', 'basis'],
    ...['basisRateYear', 'preOpenPrice', 'preQty', 'curPreListingPhase', 'fundingIntervalHour'],
    ...['fundingCap'],
  ].map((name) => [name, 'skip'] as const),
]);

/** Reads trades, changes of books and tickers as Bybit spells them, of symbols that are known; undefined for all others. */
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
    if (scanner.passes('{"topic":"tickers.')) return this.#readTicker(receivedAt);
    for (const { depth, topic } of DEPTHS) {
      if (scanner.passes(topic)) {
        return { channel: 'orderbook', depth, update: this.#readBook(depth, receivedAt) };
      }
    }
    return undefined;
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

  #readTicker(receivedAt: number): BybitSaid {
    const scanner = this.#scanner;
    const ticker = newTicker();
    scanner.oneOf(this.#symbols);
    scanner.expect(',"type":"');
    const isWhole = scanner.oneOf(KINDS);
    scanner.expect(',"data":{"symbol":"');
    const symbol = scanner.oneOf(this.#symbols);
    while (scanner.passes(',"')) {
      const field = scanner.oneOf(TICKER_FIELDS);
      scanner.expect(':');
      this.#readField(ticker, field, receivedAt);
    }
    scanner.expect('},"cs":');
    scanner.count();
    scanner.expect(',"ts":');
    const ts = scanner.epoch(receivedAt);
    scanner.expect('}');
    return { channel: 'tickers', origin: { venue: 'bybit', symbol, ts, receivedAt }, isWhole, ticker };
  }

  /** What is empty, negative or due at 0 is for the long way. */
  #readField(ticker: BybitTicker, field: TickerField, receivedAt: number): void {
    const scanner = this.#scanner;
    switch (field) {
      case 'skip':
        scanner.skipText();
        return;
      case 'nextFundingTime':
        scanner.expect('"');
        ticker.nextFundingTime = scanner.epochText(receivedAt);
        return;
      case 'fundingRate':
        ticker.fundingRate = scanner.signed();
        return;
      case 'markPrice':
      case 'indexPrice':
        ticker[field] = scanner.price();
        return;
      default:
        ticker[field] = scanner.size();
    }
  }

  /** Update id 1 begins a book anew: that is for the long way. */
  #readBook(depth: number, receivedAt: number): BookUpdate {
    const scanner = this.#scanner;
    scanner.oneOf(this.#symbols);
    scanner.expect(',"type":"');
    const isWhole = scanner.oneOf(KINDS);
    scanner.expect(',"ts":');
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
    const type = 'book';
    const venue = 'bybit';
    return isWhole
      ? { type, venue, symbol, kind: 'snapshot', bids, asks, last, depth, ts, receivedAt }
      : { type, venue, symbol, kind: 'delta', bids, asks, last, ts, receivedAt };
  }
}
