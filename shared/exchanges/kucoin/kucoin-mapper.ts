import type {
  BookUpdate,
  Candle,
  Interval,
  Level,
  MarketEvent,
  Origin,
  Quote,
  Trade,
} from '../../domain/market.ts';
import { RejectError } from '../../errors.ts';
import {
  checkLength,
  type Fields,
  parseFrame,
  readAmount,
  readArray,
  readCount,
  readDigits,
  readEpoch,
  readLevel,
  readObject,
  readPositive,
  readReason,
  readText,
} from '../fields.ts';
import { OpenCandles } from '../open-candles.ts';
import { Spellings } from '../spellings.ts';
import type { Control, Mapper, Reading } from '../venue.ts';
import { KucoinScan } from './kucoin-scan.ts';
import { spellKucoinSymbol, unifyKucoinSymbol } from './kucoin-symbols.ts';

export const MAX_FRAME_LENGTH = 4 * 1024 * 1024;

/** KuCoin's interval → ours. */
export const KUCOIN_INTERVALS: ReadonlyMap<string, Interval> = new Map([
  ['1min', '1m'],
  ['5min', '5m'],
  ['15min', '15m'],
  ['1hour', '1h'],
  ['4hour', '4h'],
  ['1day', '1d'],
]);

/** Depths of the one book channel: a snapshot, then changes of the best 500 levels; or the best level alone. */
export const BOOK_DEPTH = 'increment@10ms';
export const QUOTE_DEPTH = '1';

/** Our requests to leave a channel carry ids that begin so: the answer tells nothing else. */
export const LEAVING = 'leave-';

/** Times in nanoseconds and trade ids are numbers beyond 2^53: kept as the text that was on the wire. */
const LONG_NUMBERS = /"(M|ti)"\s*:\s*(\d+)/g;
const NANOSECONDS = /^\d{19}$/;

/** Reads the frames of one connection; it remembers how far each book has come, and the open candles. */
export class KucoinMapper implements Mapper {
  readonly #symbols = new Spellings<string>();
  readonly #scan = new KucoinScan(this.#symbols);
  readonly #books = new Map<string, { last: number; ts: number }>();
  readonly #openCandles = new OpenCandles();

  constructor(symbols: readonly string[] = []) {
    for (const symbol of symbols) this.#symbols.set(spellKucoinSymbol(symbol), symbol);
  }

  read(frame: string, receivedAt: number): Reading {
    checkLength(frame, MAX_FRAME_LENGTH);
    const event = this.#scan.read(frame, receivedAt);
    if (!event) return this.#readAny(frame, receivedAt);
    return event.type === 'book' ? this.#tell(event) : events([event]);
  }

  #readAny(frame: string, receivedAt: number): Reading {
    const message = readObject(parseFrame(frame.replace(LONG_NUMBERS, '"$1":"$2"')), 'frame');
    if (message.T === undefined) return readAnswer(message);
    const [channel] = readText(message.T, 'T').split('.');
    switch (channel) {
      case 'trade':
        return events([this.#readTrade(readData(message), receivedAt)]);
      case 'obu':
        return this.#readDepth(message, receivedAt);
      case 'kline':
        return this.#readCandle(readData(message), receivedAt);
      default:
        return { kind: 'ignored' };
    }
  }

  readSnapshot(): BookUpdate {
    throw new RejectError('KuCoin sends whole books in its stream', 'body');
  }

  /** `S` is the taker's side. */
  #readTrade(data: Fields, receivedAt: number): Trade {
    const side = readText(data.S, 'S').toLowerCase();
    if (side !== 'buy' && side !== 'sell') throw new RejectError('S is neither buy nor sell', 'S');
    return {
      type: 'trade',
      ...this.#origin(data, receivedAt),
      id: readDigits(data.ti, 'ti'),
      price: readPositive(data.p, 'p'),
      size: readPositive(data.q, 'q'),
      side,
    };
  }

  #readDepth(message: Fields, receivedAt: number): Reading {
    const data = readData(message);
    if (message.dp === QUOTE_DEPTH) return this.#readQuote(data, receivedAt);
    if (message.dp !== BOOK_DEPTH) return { kind: 'ignored' };
    return this.#tell(this.#readBook(message.t, data, receivedAt));
  }

  #tell(update: BookUpdate): Reading {
    return this.#isNews(update) ? events([update]) : { kind: 'ignored' };
  }

  /** `O`..`C` are the numbers of the changes in it; those of a whole book are one and the same. */
  #readBook(kind: unknown, data: Fields, receivedAt: number): BookUpdate {
    if (kind !== 'snapshot' && kind !== 'delta')
      throw new RejectError('t is neither snapshot nor delta', 't');
    return {
      type: 'book',
      ...this.#origin(data, receivedAt),
      kind,
      bids: readLevels(data.b, 'b'),
      asks: readLevels(data.a, 'a'),
      first: readCount(data.O, 'O'),
      last: readCount(data.C, 'C'),
    };
  }

  /** A whole book that is older than what was told is a repetition. */
  #isNews({ symbol, kind, last = 0, ts }: BookUpdate): boolean {
    const told = this.#books.get(symbol);
    if (kind === 'snapshot' && told && last < told.last && ts < told.ts) return false;
    if (kind === 'snapshot' || !told || last > told.last) this.#books.set(symbol, { last, ts });
    return true;
  }

  #readQuote(data: Fields, receivedAt: number): Reading {
    const origin = this.#origin(data, receivedAt);
    const [[bid], [ask]] = [readLevels(data.b, 'b'), readLevels(data.a, 'a')];
    if (!bid || !ask) return { kind: 'ignored' };
    const quote: Quote = {
      type: 'quote',
      ...origin,
      ...{ bid: bid[0], bidSize: bid[1], ask: ask[0], askSize: ask[1] },
    };
    return events([quote]);
  }

  /** KuCoin never says that a candle is closed (`S` marks the first word of one): the next one does. */
  #readCandle(data: Fields, receivedAt: number): Reading {
    const interval = KUCOIN_INTERVALS.get(readText(data.i, 'i'));
    if (!interval) return { kind: 'ignored' };
    const candle: Candle = {
      type: 'candle',
      venue: 'kucoin',
      symbol: this.#symbol(data.s),
      interval,
      open: readPositive(data.o, 'o'),
      high: readPositive(data.h, 'h'),
      low: readPositive(data.l, 'l'),
      close: readPositive(data.c, 'c'),
      volume: readAmount(data.v, 'v'),
      closed: false,
      ts: readEpoch(readCount(data.O, 'O') * 1000, receivedAt, 'O'),
      receivedAt,
    };
    return events(this.#openCandles.take(candle));
  }

  #origin(data: Fields, receivedAt: number): Origin {
    return {
      venue: 'kucoin',
      symbol: this.#symbol(data.s),
      ts: readNanoseconds(data.M, receivedAt, 'M'),
      receivedAt,
    };
  }

  #symbol(wire: unknown): string {
    const known = this.#symbols.get(wire as string);
    if (known) return known;
    const symbol = unifyKucoinSymbol(readText(wire, 's'));
    this.#symbols.set(wire as string, symbol);
    return symbol;
  }
}

/** `"1768802538480000000"` → UTC ms, cut. @throws {RejectError} for what is no time */
export function readNanoseconds(value: unknown, receivedAt: number, where: string): number {
  if (typeof value !== 'string' || !NANOSECONDS.test(value)) {
    throw new RejectError(`${where} is not a time in nanoseconds`, where);
  }
  return readEpoch(Number(value.slice(0, -6)), receivedAt, where);
}

const events = (list: MarketEvent[]): Reading => ({ kind: 'events', events: list });
const control = (said: Control): Reading => ({ kind: 'control', control: said });
const readData = (message: Fields): Fields => readObject(message.d, 'd');

/** A welcome, a pong, or the answer to a request: `{"id":"trade-BTC-USDT","result":true}`. */
function readAnswer(message: Fields): Reading {
  const { id, result, type, op } = message;
  if (result === true || result === 'true') {
    const isLeaving = typeof id === 'string' && id.startsWith(LEAVING);
    return control({ type: isLeaving ? 'unsubscribed' : 'subscribed' });
  }
  if (result !== undefined || type === 'error' || message.code !== undefined) {
    return control({ type: 'refused', reason: readRefusal(message) });
  }
  if (message.message !== 'welcome' && type !== 'pong' && op !== 'pong') {
    throw new RejectError('no frame of this venue', 'frame');
  }
  return control({ type: 'alive' });
}

function readRefusal({ id, reason, message, msg, data }: Fields): string {
  const about = typeof id === 'string' ? ` (${id.slice(0, 64)})` : '';
  return `${readReason(reason ?? message ?? msg ?? data ?? 'no reason given', 'reason')}${about}`;
}

/** `[[price, size], …]`; REST has the same. */
export function readLevels(value: unknown, where: string): Level[] {
  return readArray(value, where).map((item) => {
    const level = readArray(item, where);
    return readLevel(level[0], level[1], where);
  });
}
