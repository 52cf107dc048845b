import type { BookUpdate, Candle, Interval, Level, MarketEvent, Quote, Trade } from '../../domain/market.ts';
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
import { BybitRates } from './bybit-rates.ts';
import { BybitScan } from './bybit-scan.ts';
import { type BybitMarket, spellBybitSymbol, unifyBybitSymbol } from './bybit-symbols.ts';

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
  readonly #best = new Map<string, Best>();
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
        return this.#tellTicker(said.data, said.isWhole, said.ts, receivedAt);
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
      const quote = this.#quote(update, bestAfter(this.#best.get(update.symbol), update));
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
  #isTheBook({ symbol, kind, last = 0, ts }: BookUpdate, depth: number): boolean {
    const told = this.#books.get(symbol);
    const takesOver = !told || (kind === 'snapshot' && depth > told.depth);
    if (takesOver) this.#books.set(symbol, { depth, last, ts });
    if (takesOver || depth !== told.depth) return takesOver;
    if (kind === 'snapshot' && last < told.last && ts < told.ts) return false;
    if (kind === 'snapshot' || last > told.last) Object.assign(told, { last, ts });
    return true;
  }

  #readTicker(message: Fields, receivedAt: number): Reading {
    const data = readObject(message.data, 'data');
    const ts = readEpoch(message.ts, receivedAt, 'ts');
    return this.#tellTicker(data, message.type === 'snapshot', ts, receivedAt);
  }

  /** Quotes, funding and mark price of contracts, which tell only what changed; spot's tickers have none of it. */
  #tellTicker(data: Fields, isWhole: boolean, ts: number, receivedAt: number): Reading {
    const symbol = this.#symbol(data.symbol);
    const origin = { venue: 'bybit', symbol, ts, receivedAt };
    const before = isWhole ? undefined : this.#best.get(symbol);
    const best: Best = {
      bid: tickerLevel(data, 'bid1', before?.bid),
      ask: tickerLevel(data, 'ask1', before?.ask),
    };
    const told: MarketEvent[] = this.#rates.take(data, origin, isWhole);
    const isQuote = QUOTE_FIELDS.some((field) => data[field] !== undefined);
    const quote = isQuote ? this.#quote(origin, best) : undefined;
    if (quote) told.unshift(quote);
    return told.length > 0 ? events(told) : { kind: 'ignored' };
  }

  /** Remembers the best of both sides; a quote has both of them. */
  #quote(origin: { symbol: string; ts: number; receivedAt: number }, best: Best): Quote | undefined {
    const { symbol, ts, receivedAt } = origin;
    this.#best.set(symbol, best);
    const { bid, ask } = best;
    if (!bid?.[0] || !bid[1] || !ask?.[0] || !ask[1]) return undefined;
    return {
      type: 'quote',
      venue: 'bybit',
      symbol,
      bid: bid[0],
      bidSize: bid[1],
      ask: ask[0],
      askSize: ask[1],
      ts,
      receivedAt,
    };
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

/** Best levels as far as they are known; of a partial ticker perhaps the price or the size alone. */
interface Best {
  bid: PartLevel | undefined;
  ask: PartLevel | undefined;
}
type PartLevel = readonly [price: string | undefined, size: string | undefined];

const QUOTE_FIELDS = ['bid1Price', 'bid1Size', 'ask1Price', 'ask1Size'];

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

/** The best levels after an update of a book of one level. */
function bestAfter(before: Best | undefined, { kind, bids, asks }: BookUpdate): Best {
  const known = kind === 'snapshot' ? undefined : before;
  return { bid: sideAfter(known?.bid, bids), ask: sideAfter(known?.ask, asks) };
}

function sideAfter(before: PartLevel | undefined, levels: readonly Level[]): PartLevel | undefined {
  const stands = levels.find(([, size]) => size !== '0');
  if (stands) return stands;
  return levels.some(([price]) => price === before?.[0]) ? undefined : before;
}

/** What is absent did not change; an empty text says that the side is empty. */
function tickerLevel(data: Fields, side: 'bid1' | 'ask1', before: PartLevel | undefined): PartLevel {
  const { [`${side}Price`]: price, [`${side}Size`]: size } = data;
  return [
    price === undefined ? before?.[0] : emptyOr(price, `${side}Price`),
    size === undefined ? before?.[1] : emptyOr(size, `${side}Size`),
  ];
}

const emptyOr = (value: unknown, where: string) => (value === '' ? undefined : readAmount(value, where));
