import {
  type BookUpdate,
  type Candle,
  INTERVALS,
  type Interval,
  type Level,
  type MarketEvent,
  type Quote,
  type Trade,
} from '../../domain/market.ts';
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
import { OpenCandles } from '../open-candles.ts';
import { Spellings } from '../spellings.ts';
import type { Control, Mapper, Reading } from '../venue.ts';
import { GateScan } from './gate-scan.ts';

export const MAX_FRAME_LENGTH = 4 * 1024 * 1024;

/** Of the lengths that the stream has; REST has `1s` too. */
export const GATE_INTERVALS: readonly Interval[] = ['1m', '5m', '15m', '1h', '4h', '1d'];

const WIRE_SYMBOL = /^([^\s_/:,]{1,24})_([^\s_/:,]{1,24})$/;

/** `BTC_USDT` → `BTC/USDT`. @throws {RejectError} for what is no pair */
export function unifyGateSymbol(wire: string): string {
  const [, base, quote] = WIRE_SYMBOL.exec(wire) ?? [];
  if (!base) throw new RejectError('symbol is malformed', 'symbol');
  return `${base}/${quote}`;
}

export const spellGateSymbol = (symbol: string) => symbol.replace('/', '_');

/** Levels a side that we subscribe to: 400 every 100 ms, or 50 every 20 ms. */
const DEPTH = 400;

/** `BTC/USDT` → `ob.BTC_USDT.400` */
export const spellGateBook = (symbol: string) => `ob.${spellGateSymbol(symbol)}.${DEPTH}`;

/** Reads the frames of one connection; it remembers how far books have come and which candles are open. */
export class GateMapper implements Mapper {
  readonly #symbols = new Spellings<string>();
  readonly #bookNames = new Spellings<string>();
  readonly #scan = new GateScan(this.#symbols, this.#bookNames);
  readonly #books = new Map<string, { last: number; ts: number }>();
  readonly #openCandles = new OpenCandles();

  constructor(symbols: readonly string[] = []) {
    for (const symbol of symbols) {
      this.#symbols.set(spellGateSymbol(symbol), symbol);
      this.#bookNames.set(spellGateBook(symbol), symbol);
    }
  }

  read(frame: string, receivedAt: number): Reading {
    checkLength(frame, MAX_FRAME_LENGTH);
    const event = this.#scan.read(frame, receivedAt);
    if (!event) return this.#readAny(frame, receivedAt);
    return event.type === 'book' ? this.#tell(event) : events([event]);
  }

  #readAny(frame: string, receivedAt: number): Reading {
    const message = readObject(parseFrame(frame), 'frame');
    if (message.type === 'upgrade') return upgrade(message);
    const channel = readText(message.channel, 'channel');
    if (message.event !== 'update') return readAnswer(channel, message);
    const result = readObject(message.result, 'result');
    switch (channel) {
      case 'spot.trades':
        return events([this.#readTrade(result, receivedAt)]);
      case 'spot.obu':
        return this.#readBook(result, receivedAt);
      case 'spot.book_ticker':
        return this.#readQuote(result, receivedAt);
      case 'spot.candlesticks':
        return this.#readCandle(result, receivedAt);
      case 'spot.system':
        return result.type === 'upgrade' ? upgrade(result) : { kind: 'ignored' };
      default:
        return { kind: 'ignored' };
    }
  }

  readSnapshot(): BookUpdate {
    throw new RejectError('Gate sends whole books in its stream', 'body');
  }

  /**
   * "Only the taker is notified": `side` is the taker's. `id_market` counts the trades of the market, as REST's
   * `sequence_id` does; frames from before 2025 lack it.
   */
  #readTrade(row: Fields, receivedAt: number): Trade {
    return {
      type: 'trade',
      venue: 'gate',
      symbol: this.#symbol(row.currency_pair),
      id: String(readCount(row.id_market ?? row.id, 'id_market')),
      price: readPositive(row.price, 'price'),
      size: readPositive(row.amount, 'amount'),
      side: readSide(row.side),
      ts: readFineMs(row.create_time_ms, receivedAt, 'create_time_ms'),
      receivedAt,
    };
  }

  /** A whole book may be sent again at any time; one that is older than what was told is a repetition. */
  #readBook(row: Fields, receivedAt: number): Reading {
    const name = readText(row.s, 's');
    const [, wire, level] = /^ob\.(.+)\.(\d{1,4})$/.exec(name) ?? [];
    if (!wire) throw new RejectError('s names no book', 's');
    const symbol = this.#symbol(wire);
    this.#bookNames.set(name, symbol);
    const isWhole = row.full !== undefined && readFlag(row.full, 'full');
    const update: BookUpdate = {
      type: 'book',
      venue: 'gate',
      symbol,
      kind: isWhole ? 'snapshot' : 'delta',
      bids: readLevels(row.b, 'b'),
      asks: readLevels(row.a, 'a'),
      last: readCount(row.u, 'u'),
      ts: readEpoch(row.t, receivedAt, 't'),
      receivedAt,
    };
    if (isWhole) update.depth = Number(level);
    else update.first = readCount(row.U, 'U');
    return this.#tell(update);
  }

  #tell(update: BookUpdate): Reading {
    return this.#isNews(update) ? events([update]) : { kind: 'ignored' };
  }

  #isNews({ symbol, kind, last = 0, ts }: BookUpdate): boolean {
    const told = this.#books.get(symbol);
    if (told && kind === 'snapshot' && last < told.last && ts <= told.ts) return false;
    if (!told || kind === 'snapshot' || last > told.last) this.#books.set(symbol, { last, ts });
    return true;
  }

  /** A side that nobody stands on has an empty price. */
  #readQuote(row: Fields, receivedAt: number): Reading {
    const symbol = this.#symbol(row.s);
    const ts = readEpoch(row.t, receivedAt, 't');
    if (row.b === '' || row.a === '') return { kind: 'ignored' };
    const quote: Quote = {
      type: 'quote',
      venue: 'gate',
      symbol,
      bid: readAmount(row.b, 'b'),
      bidSize: readAmount(row.B, 'B'),
      ask: readAmount(row.a, 'a'),
      askSize: readAmount(row.A, 'A'),
      ts,
      receivedAt,
    };
    return events([quote]);
  }

  /** "A message with `w: true` may be missing": then the first word of the next candle closes this one. */
  #readCandle(row: Fields, receivedAt: number): Reading {
    const [, code, wire] = /^([^_]+)_(.+)$/.exec(readText(row.n, 'n')) ?? [];
    const symbol = this.#symbol(wire);
    const interval = GATE_INTERVALS.find((name) => name === code);
    if (!interval) return { kind: 'ignored' };
    const candle: Candle = {
      type: 'candle',
      venue: 'gate',
      symbol,
      interval,
      open: readPositive(row.o, 'o'),
      high: readPositive(row.h, 'h'),
      low: readPositive(row.l, 'l'),
      close: readPositive(row.c, 'c'),
      volume: readAmount(row.a, 'a'),
      closed: row.w !== undefined && readFlag(row.w, 'w'),
      ts: readOpenTime(row.t, interval, receivedAt),
      receivedAt,
    };
    return events(this.#openCandles.take(candle));
  }

  #symbol(wire: unknown): string {
    const known = this.#symbols.get(wire as string);
    if (known) return known;
    const symbol = unifyGateSymbol(readText(wire, 'symbol'));
    this.#symbols.set(wire as string, symbol);
    return symbol;
  }
}

export function readSide(side: unknown): 'buy' | 'sell' {
  if (side !== 'buy' && side !== 'sell') throw new RejectError('side is neither buy nor sell', 'side');
  return side;
}

/** `"1788336082402.208000"`, milliseconds with a fraction → UTC ms, cut. */
export function readFineMs(value: unknown, receivedAt: number, where: string): number {
  const [, whole] = /^(\d{1,15})(?:\.\d{1,9})?$/.exec(typeof value === 'string' ? value : '') ?? [];
  if (!whole) throw new RejectError(`${where} is no time in milliseconds`, where);
  return readEpoch(Number(whole), receivedAt, where);
}

/** `"1606292580"`, seconds → UTC ms. That days open at midnight UTC is not documented: what does not is refused. */
export function readOpenTime(value: unknown, interval: Interval, receivedAt: number): number {
  if (typeof value !== 'string' || !/^\d{1,10}$/.test(value)) {
    throw new RejectError('t is no time in seconds', 't');
  }
  const ts = readEpoch(Number(value) * 1000, receivedAt, 't');
  if (ts % INTERVALS[interval] !== 0) throw new RejectError(`t opens no ${interval} of UTC`, 't');
  return ts;
}

const events = (list: MarketEvent[]): Reading => ({ kind: 'events', events: list });
const control = (said: Control): Reading => ({ kind: 'control', control: said });

/** The venue asks to "reconnect as soon as possible". */
function upgrade({ msg }: Fields): Reading {
  return control({ type: 'reconnect', reason: readReason(msg, 'msg') });
}

/** Answers to our requests and pings. */
function readAnswer(channel: string, { event, error }: Fields): Reading {
  if (error !== undefined && error !== null) {
    const reason = readReason(readObject(error, 'error').message, 'message');
    return control({ type: 'refused', reason: `${channel}: ${reason}` });
  }
  if (event === 'subscribe') return control({ type: 'subscribed' });
  if (event === 'unsubscribe') return control({ type: 'unsubscribed' });
  if (channel.endsWith('.pong')) return control({ type: 'alive' });
  return { kind: 'ignored' };
}

/** `[price, amount]`; a side that is absent did not change. */
function readLevels(value: unknown, where: string): Level[] {
  if (value === undefined) return [];
  return readArray(value, where).map((item) => {
    const level = readArray(item, where);
    return readLevel(level[0], level[1], where);
  });
}
