import { type BookUpdate, type Candle, isInterval, type Quote, type Trade } from '../../domain/market.ts';
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
import { readBinanceMarks } from './binance-marks.ts';
import { BinanceScan, OTHER_BOOKS } from './binance-scan.ts';
import { joinBinanceSymbol, splitBinanceSymbol } from './binance-symbols.ts';

export const MAX_FRAME_LENGTH = 4 * 1024 * 1024;

/** Executions of the futures markets that no order in the book met. */
const OFF_BOOK: ReadonlySet<unknown> = new Set(['INSURANCE_FUND', 'ADL', 'NA']);
const SPOT_SPELLING = { join: joinBinanceSymbol, split: splitBinanceSymbol };

/** Reads the frames of one connection of any of Binance's markets, in the raw and in the combined form. */
export class BinanceMapper implements Mapper {
  readonly #venue: string;
  readonly #spelling: typeof SPOT_SPELLING;
  readonly #symbols: Spellings<string>;
  readonly #scan: BinanceScan;
  readonly #tradeIds = new Map<string, TradeIds>();

  constructor(venue: string, symbols: readonly string[], spelling = SPOT_SPELLING) {
    this.#venue = venue;
    this.#spelling = spelling;
    this.#symbols = new Spellings(symbols.map((symbol) => [spelling.join(symbol), symbol]));
    this.#scan = new BinanceScan(venue, this.#symbols);
  }

  read(frame: string, receivedAt: number): Reading {
    checkLength(frame, MAX_FRAME_LENGTH);
    return this.#readClean(frame, receivedAt) ?? this.#readAny(frame, receivedAt);
  }

  #readClean(frame: string, receivedAt: number): Reading | undefined {
    const said = this.#scan.read(frame, receivedAt);
    if (said === undefined) return undefined;
    if (said.kind === 'trade') return this.#tell(said.trade);
    return said.kind === 'aggTrade' ? this.#tellAggregated(said.trade, said.last) : one(said.event);
  }

  #readAny(frame: string, receivedAt: number): Reading {
    const parsed = parseFrame(frame);
    if (Array.isArray(parsed)) return readList(parsed);
    const outer = parsed as Fields;
    if (typeof outer.stream !== 'string') return this.#readPayload(outer, receivedAt);
    this.#scan.learn(outer.stream);
    if (Array.isArray(outer.data)) return readList(outer.data);
    const data = readObject(outer.data, 'data');
    if (data.e === 'depthUpdate' && OTHER_BOOKS.test(outer.stream)) return { kind: 'ignored' };
    return this.#readPayload(data, receivedAt);
  }

  readSnapshot(wireSymbol: string, body: unknown, receivedAt: number): BookUpdate {
    const { lastUpdateId, bids, asks, T } = readObject(body, 'body');
    return {
      type: 'book',
      venue: this.#venue,
      symbol: this.#symbol(wireSymbol),
      kind: 'snapshot',
      bids: readLevels(bids, 'bids'),
      asks: readLevels(asks, 'asks'),
      last: readCount(lastUpdateId, 'lastUpdateId'),
      ts: T === undefined ? receivedAt : readEpoch(T, receivedAt, 'T'),
      receivedAt,
    };
  }

  #readPayload(data: Fields, receivedAt: number): Reading {
    switch (data.e) {
      case 'trade':
        return this.#readTrade(data as unknown as RawTrade, receivedAt);
      case 'depthUpdate':
        return one(this.#readDepth(data as unknown as RawDepth, receivedAt));
      case 'bookTicker':
        return one(this.#readQuote(data as unknown as RawQuote, receivedAt));
      case 'kline':
        return this.#readKline(data as unknown as RawKline, receivedAt);
      case 'aggTrade':
        return this.#readAggTrade(data as unknown as RawAggTrade, receivedAt);
      case 'markPriceUpdate':
        return { kind: 'events', events: readBinanceMarks(data, this.#symbol(data.s), receivedAt) };
      case 'serverShutdown':
        return { kind: 'control', control: { type: 'reconnect', reason: 'the venue is shutting down' } };
      case undefined:
        return this.#readUnnamed(data, receivedAt);
      default:
        readText(data.e, 'e');
        return { kind: 'ignored' };
    }
  }

  /** Book tickers, partial books and answers to our requests carry no event name. */
  #readUnnamed(data: Fields, receivedAt: number): Reading {
    if ('u' in data && 's' in data) return one(this.#readQuote(data as unknown as RawQuote, receivedAt));
    if ('lastUpdateId' in data) return { kind: 'ignored' };
    const error = data.error ?? ('code' in data && 'msg' in data ? data : undefined);
    if (error !== undefined) {
      const reason = readReason(readObject(error, 'error').msg, 'msg');
      return { kind: 'control', control: { type: 'refused', reason } };
    }
    if ('result' in data) {
      return { kind: 'control', control: { type: data.result === null ? 'subscribed' : 'alive' } };
    }
    throw new RejectError('no frame of this venue', 'frame');
  }

  #readTrade(raw: RawTrade, receivedAt: number): Reading {
    if (OFF_BOOK.has(raw.X)) return { kind: 'ignored' };
    return this.#tell(this.#trade(raw, readCount(raw.t, 't'), receivedAt));
  }

  #readAggTrade(raw: RawAggTrade, receivedAt: number): Reading {
    const last = readCount(raw.l, 'l');
    return this.#tellAggregated(this.#trade(raw, readCount(raw.a, 'a'), receivedAt), last);
  }

  #tell(trade: Trade): Reading {
    const ids = this.#idsOf(trade.symbol);
    ids.raw = true;
    const isTold = ids.lastAggregated >= 0 && Number(trade.id) <= ids.lastAggregated;
    return isTold ? { kind: 'ignored' } : one(trade);
  }

  /** Aggregated trades stand in for trades only where the connection carries no single ones of the symbol. */
  #tellAggregated(trade: Trade, last: number): Reading {
    const ids = this.#idsOf(trade.symbol);
    if (ids.raw) return { kind: 'ignored' };
    ids.lastAggregated = Math.max(ids.lastAggregated, last);
    return one(trade);
  }

  #trade(raw: RawTrade | RawAggTrade, id: number, receivedAt: number): Trade {
    return {
      type: 'trade',
      venue: this.#venue,
      symbol: this.#symbol(raw.s),
      id: String(id),
      price: readPositive(raw.p, 'p'),
      size: readPositive(raw.q, 'q'),
      side: readFlag(raw.m, 'm') ? 'sell' : 'buy',
      ts: readEpoch(raw.T, receivedAt, 'T'),
      receivedAt,
    };
  }

  #readDepth(raw: RawDepth, receivedAt: number): BookUpdate {
    const first = readCount(raw.U, 'U');
    const last = readCount(raw.u, 'u');
    if (first > last) throw new RejectError('U is above u', 'U');
    const update: BookUpdate = {
      type: 'book',
      venue: this.#venue,
      symbol: this.#symbol(raw.s),
      kind: 'delta',
      bids: readLevels(raw.b, 'b'),
      asks: readLevels(raw.a, 'a'),
      first,
      last,
      ts: readEpoch(raw.T ?? raw.E, receivedAt, 'E'),
      receivedAt,
    };
    if (raw.pu !== undefined) update.prev = readCount(raw.pu, 'pu');
    return update;
  }

  /** Book tickers of the spot market carry no time of their own. */
  #readQuote(raw: RawQuote, receivedAt: number): Quote {
    return {
      type: 'quote',
      venue: this.#venue,
      symbol: this.#symbol(raw.s),
      bid: readAmount(raw.b, 'b'),
      bidSize: readAmount(raw.B, 'B'),
      ask: readAmount(raw.a, 'a'),
      askSize: readAmount(raw.A, 'A'),
      ts: raw.T === undefined ? receivedAt : readEpoch(raw.T, receivedAt, 'T'),
      receivedAt,
    };
  }

  #readKline(raw: RawKline, receivedAt: number): Reading {
    const k = readObject(raw.k, 'k') as unknown as RawKline['k'];
    const interval = readText(k.i, 'k.i');
    if (!isInterval(interval)) return { kind: 'ignored' };
    const candle: Candle = {
      type: 'candle',
      venue: this.#venue,
      symbol: this.#symbol(raw.s),
      interval,
      open: readPositive(k.o, 'k.o'),
      high: readPositive(k.h, 'k.h'),
      low: readPositive(k.l, 'k.l'),
      close: readPositive(k.c, 'k.c'),
      volume: readAmount(k.v, 'k.v'),
      closed: readFlag(k.x, 'k.x'),
      ts: readEpoch(k.t, receivedAt, 'k.t'),
      receivedAt,
    };
    return one(candle);
  }

  #symbol(wire: unknown): string {
    const known = this.#symbols.get(wire as string);
    if (known) return known;
    const symbol = this.#spelling.split(readText(wire, 'symbol'));
    this.#symbols.set(wire as string, symbol);
    return symbol;
  }

  #idsOf(symbol: string): TradeIds {
    const known = this.#tradeIds.get(symbol);
    if (known) return known;
    const ids = { raw: false, lastAggregated: -1 };
    this.#tradeIds.set(symbol, ids);
    return ids;
  }
}

const one = (event: Trade | Quote | Candle | BookUpdate): Reading => ({ kind: 'events', events: [event] });

function readLevels(value: unknown, where: string) {
  return readArray(value, where).map((item) => {
    const level = readArray(item, where);
    return readLevel(level[0], level[1], where);
  });
}

/** All-market streams come as lists of events, none of which we take. */
function readList(list: readonly unknown[]): Reading {
  for (const item of list) readText(readObject(item, 'data').e, 'e');
  return { kind: 'ignored' };
}

interface TradeIds {
  raw: boolean;
  lastAggregated: number;
}

interface RawTrade {
  s: unknown;
  t: unknown;
  p: unknown;
  q: unknown;
  T: unknown;
  m: unknown;
  X?: unknown;
}
type RawAggTrade = Omit<RawTrade, 't' | 'X'> & { a: unknown; l: unknown };
type RawDepth = Record<'E' | 'T' | 's' | 'U' | 'u' | 'pu' | 'b' | 'a', unknown>;
type RawQuote = Record<'s' | 'T' | 'b' | 'B' | 'a' | 'A', unknown>;
type RawKline = { s: unknown; k: Record<'t' | 'i' | 'o' | 'h' | 'l' | 'c' | 'v' | 'x', unknown> };
