import type { BookUpdate, Candle, Interval, Level, MarketEvent, Origin, Trade } from '../../domain/market.ts';
import { RejectError } from '../../errors.ts';
import {
  checkLength,
  type Fields,
  parseFrame,
  readAmount,
  readArray,
  readCount,
  readEpoch,
  readFlag,
  readLevel,
  readObject,
  readPositive,
  readReason,
  readText,
} from '../fields.ts';
import { Spellings } from '../spellings.ts';
import type { Mapper, Reading } from '../venue.ts';
import { BybitQuotes } from './bybit-quotes.ts';
import { BybitRates } from './bybit-rates.ts';
import { BybitScan } from './bybit-scan.ts';
import { type BybitMarket, spellBybitSymbol, unifyBybitSymbol } from './bybit-symbols.ts';
import { type BybitTicker, readTicker } from './bybit-ticker.ts';

export const MAX_FRAME_LENGTH = 4 * 1024 * 1024;

/** Bybit's interval → ours. */
export const BYBIT_INTERVALS: ReadonlyMap<string, Interval> = new Map([
  ['1', '1m'],
  ['5', '5m'],
  ['15', '15m'],
  ['60', '1h'],
  ['240', '4h'],
  ['D', '1d'],
]);

/** `1h` → `60`; undefined for what Bybit has not. */
export function intervalCode(interval: Interval): string | undefined {
  for (const [code, name] of BYBIT_INTERVALS) if (name === interval) return code;
  return undefined;
}

/** Reads the frames of one connection; it remembers best quotes and which book stands for a symbol. */
export class BybitMapper implements Mapper {
  readonly #market: BybitMarket;
  readonly #symbols: Spellings<string>;
  readonly #scan: BybitScan;
  readonly #books = new Map<string, BookSource>();
  readonly #quotes = new BybitQuotes();
  readonly #rates = new BybitRates();

  constructor(market: BybitMarket, symbols: readonly string[] = []) {
    this.#market = market;
    this.#symbols = new Spellings(symbols.map((symbol) => [spellBybitSymbol(symbol, market), symbol]));
    this.#scan = new BybitScan(this.#symbols);
  }

  read(frame: string, receivedAt: number): Reading {
    checkLength(frame, MAX_FRAME_LENGTH);
    const said = this.#scan.read(frame, receivedAt);
    switch (said?.channel) {
      case 'publicTrade':
        return events(said.trades);
      case 'orderbook':
        return this.#tellDepth(said.update, said.depth);
      case 'tickers':
        return this.#tellTicker(said.ticker, said.origin, said.isWhole);
      default:
        return this.#readAny(frame, receivedAt);
    }
  }

  #readAny(frame: string, receivedAt: number): Reading {
    const message = readObject(parseFrame(frame), 'frame');
    if (message.topic === undefined) return readAnswer(message);
    const [channel, ...rest] = readText(message.topic, 'topic').split('.');
    switch (channel) {
      case 'publicTrade':
        return events(this.#readTrades(message, receivedAt));
      case 'orderbook':
        return this.#readDepth(rest[0] as string, message, receivedAt);
      case 'tickers':
        return this.#readTicker(message, receivedAt);
      case 'kline':
        return this.#readKlines(rest, message, receivedAt);
      default:
        return { kind: 'ignored' };
    }
  }

  readSnapshot(): BookUpdate {
    throw new RejectError('Bybit sends whole books in its stream', 'body');
  }

  #readTrades(message: Fields, receivedAt: number): Trade[] {
    return readArray(message.data, 'data').map((row) => this.#readTrade(readObject(row, 'data'), receivedAt));
  }

  /** `S` is the taker's side; the ids of spot are numbers beyond 2^53, those of contracts UUIDs. */
  #readTrade(row: Fields, receivedAt: number): Trade {
    if (row.S !== 'Buy' && row.S !== 'Sell') throw new RejectError('S is neither Buy nor Sell', 'S');
    return {
      type: 'trade',
      venue: 'bybit',
      symbol: this.#symbol(row.s),
      id: readText(row.i, 'i'),
      price: readPositive(row.p, 'p'),
      size: readPositive(row.v, 'v'),
      side: row.S === 'Buy' ? 'buy' : 'sell',
      ts: readEpoch(row.T, receivedAt, 'T'),
      receivedAt,
    };
  }

  /** Depth 1 is the best quote, and the book where the connection carries no deeper one. */
  #readDepth(depthText: string, message: Fields, receivedAt: number): Reading {
    const depth = Number(depthText);
    if (!Number.isInteger(depth) || depth < 1) return { kind: 'ignored' };
    return this.#tellDepth(this.#readBook(message, depth, receivedAt), depth);
  }

  #tellDepth(update: BookUpdate, depth: number): Reading {
    const list: MarketEvent[] = [];
    if (depth === 1) {
      const quote = this.#quotes.ofBook(update);
      if (quote) list.push(quote);
    }
    if (this.#isTheBook(update, depth)) list.push(update);
    return list.length > 0 ? events(list) : { kind: 'ignored' };
  }

  /** Update id 1 starts a book anew, whatever the frame calls itself. */
  #readBook(message: Fields, depth: number, receivedAt: number): BookUpdate {
    const { type } = message;
    if (type !== 'snapshot' && type !== 'delta') {
      throw new RejectError('type is neither snapshot nor delta', 'type');
    }
    const data = readObject(message.data, 'data');
    const last = readCount(data.u, 'u');
    const kind = last === 1 ? 'snapshot' : type;
    return {
      type: 'book',
      venue: 'bybit',
      symbol: this.#symbol(data.s),
      kind,
      bids: readLevels(data.b, 'b'),
      asks: readLevels(data.a, 'a'),
      last,
      ...(kind === 'snapshot' && { depth }),
      ts: readEpoch(message.ts, receivedAt, 'ts'),
      receivedAt,
    };
  }

  /** Of several depths the deepest is the book; a whole book that is older than what was told is a repetition. */
  #isTheBook(update: BookUpdate, depth: number): boolean {
    const { symbol, kind, last = 0, ts } = update;
    const told = this.#books.get(symbol);
    if (!told || (kind === 'snapshot' && depth > told.depth)) {
      this.#books.set(symbol, { depth, last, ts });
      return true;
    }
    if (depth !== told.depth) return false;
    if (kind === 'snapshot' && last < told.last && ts < told.ts) return false;
    if (kind === 'snapshot' || last > told.last) {
      told.last = last;
      told.ts = ts;
    }
    return true;
  }

  #readTicker(message: Fields, receivedAt: number): Reading {
    const data = readObject(message.data, 'data');
    const ts = readEpoch(message.ts, receivedAt, 'ts');
    const origin = { venue: 'bybit', symbol: this.#symbol(data.symbol), ts, receivedAt };
    return this.#tellTicker(readTicker(data, receivedAt), origin, message.type === 'snapshot');
  }

  /** Quotes, funding and mark price of contracts, which tell only what changed; spot's tickers have none of it. */
  #tellTicker(ticker: BybitTicker, origin: Origin, isWhole: boolean): Reading {
    const told: MarketEvent[] = this.#rates.take(ticker, origin, isWhole);
    const quote = this.#quotes.ofTicker(ticker, origin, isWhole);
    if (quote) told.unshift(quote);
    return told.length > 0 ? events(told) : { kind: 'ignored' };
  }

  #readKlines([code, wire]: string[], message: Fields, receivedAt: number): Reading {
    const interval = BYBIT_INTERVALS.get(code ?? '');
    const rows = readArray(message.data, 'data').map((row) => readObject(row, 'data'));
    if (!interval) return { kind: 'ignored' };
    const symbol = this.#symbol(wire);
    return events(
      rows.map(
        (row): Candle => ({
          type: 'candle',
          venue: 'bybit',
          symbol,
          interval,
          open: readPositive(row.open, 'open'),
          high: readPositive(row.high, 'high'),
          low: readPositive(row.low, 'low'),
          close: readPositive(row.close, 'close'),
          volume: readAmount(row.volume, 'volume'),
          closed: readFlag(row.confirm, 'confirm'),
          ts: readEpoch(row.start, receivedAt, 'start'),
          receivedAt,
        }),
      ),
    );
  }

  #symbol(wire: unknown): string {
    const known = this.#symbols.get(wire as string);
    if (known) return known;
    const symbol = unifyBybitSymbol(readText(wire, 'symbol'), this.#market);
    this.#symbols.set(wire as string, symbol);
    return symbol;
  }
}

/** Which of a symbol's depths is its book, and how far that has come. */
interface BookSource {
  depth: number;
  last: number;
  ts: number;
}

const events = (list: MarketEvent[]): Reading => ({ kind: 'events', events: list });

/** Answers to our requests and pings. */
function readAnswer({ success, op, ret_msg }: Fields): Reading {
  if (success === false) {
    return { kind: 'control', control: { type: 'refused', reason: readReason(ret_msg, 'ret_msg') } };
  }
  if (op === undefined && success === undefined) throw new RejectError('no frame of this venue', 'frame');
  if (op !== undefined) readText(op, 'op');
  const type = op === 'subscribe' ? 'subscribed' : op === 'unsubscribe' ? 'unsubscribed' : 'alive';
  return { kind: 'control', control: { type } };
}

function readLevels(value: unknown, where: string): Level[] {
  return readArray(value, where).map((item) => {
    const level = readArray(item, where);
    return readLevel(level[0], level[1], where);
  });
}
