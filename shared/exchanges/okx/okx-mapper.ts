import type {
  BookUpdate,
  Candle,
  Funding,
  Interval,
  Level,
  Mark,
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
  readEpochText,
  readLevel,
  readObject,
  readPositive,
  readReason,
  readSigned,
  readText,
} from '../fields.ts';
import { Spellings } from '../spellings.ts';
import type { Control, Mapper, Reading } from '../venue.ts';
import { OkxScan } from './okx-scan.ts';
import { okxInstId, unifyOkxSymbol } from './okx-symbols.ts';

export const MAX_FRAME_LENGTH = 4 * 1024 * 1024;

/** OKX's candle lengths → ours. Its plain `1D` opens at 16:00 UTC and is none of ours. */
export const OKX_BARS: ReadonlyMap<string, Interval> = new Map([
  ['1s', '1s'],
  ['1m', '1m'],
  ['5m', '5m'],
  ['15m', '15m'],
  ['1H', '1h'],
  ['4H', '4h'],
  ['1Dutc', '1d'],
]);

/** 60 s before the venue closes the connection for an upgrade. */
const UPGRADE = '64008';

/** Reads the frames of one connection, of any instrument type. */
export class OkxMapper implements Mapper {
  readonly #symbols: Spellings<string>;
  readonly #scan: OkxScan;
  /** Symbols whose every trade this connection carries: the aggregated ones would tell them twice. */
  readonly #single = new Set<string>();

  constructor(symbols: readonly string[] = []) {
    this.#symbols = new Spellings(symbols.map((symbol) => [okxInstId(symbol), symbol]));
    this.#scan = new OkxScan(this.#symbols);
  }

  read(frame: string, receivedAt: number): Reading {
    if (frame === 'pong') return control({ type: 'alive' });
    checkLength(frame, MAX_FRAME_LENGTH);
    return this.#readClean(frame, receivedAt) ?? this.#readAny(frame, receivedAt);
  }

  #readClean(frame: string, receivedAt: number): Reading | undefined {
    const said = this.#scan.read(frame, receivedAt);
    switch (said?.channel) {
      case 'trades':
      case 'trades-all':
        return this.#tell(said.channel, said.trades);
      case 'books':
        return events([said.update]);
      case 'bbo-tbt':
        return events([said.quote]);
      default:
        return undefined;
    }
  }

  #readAny(frame: string, receivedAt: number): Reading {
    const message = readObject(parseFrame(frame), 'frame');
    if (message.event !== undefined) return readEvent(message);
    const { channel, instId } = readObject(message.arg, 'arg');
    return this.#readChannel(readText(channel, 'channel'), instId, message, receivedAt);
  }

  readSnapshot(): BookUpdate {
    throw new RejectError('OKX sends whole books in its stream', 'body');
  }

  #readChannel(channel: string, instId: unknown, message: Fields, receivedAt: number): Reading {
    switch (channel) {
      case 'trades':
      case 'trades-all':
        return this.#readTrades(channel, message, receivedAt);
      case 'books':
      case 'books-l2-tbt':
      case 'books50-l2-tbt':
        return events(this.#readBooks(instId, message, receivedAt));
      case 'bbo-tbt':
        return this.#readEach(message, (row) => this.#readBest(row, instId, receivedAt));
      case 'tickers':
        return this.#readEach(message, (row) => this.#readTicker(row, receivedAt));
      case 'funding-rate':
        return this.#readEach(message, (row) => this.#readFunding(row, receivedAt));
      case 'mark-price':
        return this.#readEach(message, (row) => this.#readMark(row, receivedAt));
      default:
        if (channel.startsWith('candle')) return this.#readCandles(channel, instId, message, receivedAt);
        return { kind: 'ignored' };
    }
  }

  #readTrades(channel: 'trades' | 'trades-all', message: Fields, receivedAt: number): Reading {
    const trades = rowsOf(message).map((row) => this.#readTrade(readObject(row, 'data'), receivedAt));
    return this.#tell(channel, trades);
  }

  #tell(channel: 'trades' | 'trades-all', trades: Trade[]): Reading {
    if (channel === 'trades-all') for (const { symbol } of trades) this.#single.add(symbol);
    else if (trades.some(({ symbol }) => this.#single.has(symbol))) return { kind: 'ignored' };
    return events(trades);
  }

  /** "side: Trade direction of the taker order"; an aggregated trade goes by the id of its last match. */
  #readTrade(row: Fields, receivedAt: number): Trade {
    const { side } = row;
    if (side !== 'buy' && side !== 'sell') throw new RejectError('side is neither buy nor sell', 'side');
    return {
      type: 'trade',
      ...this.#origin(row.instId, row.ts, receivedAt),
      id: readDigits(row.tradeId, 'tradeId'),
      price: readPositive(row.px, 'px'),
      size: readPositive(row.sz, 'sz'),
      side,
    };
  }

  /** The checksum has lost its meaning (it is 0 now) and is passed over; recordings of 2022 have no ids yet. */
  #readBooks(instId: unknown, message: Fields, receivedAt: number): BookUpdate[] {
    const kind = readKind(message.action);
    return rowsOf(message).map((item) => {
      const row = readObject(item, 'data');
      const update: BookUpdate = {
        type: 'book',
        ...this.#origin(instId, row.ts, receivedAt),
        kind,
        bids: readLevels(row.bids, 'bids'),
        asks: readLevels(row.asks, 'asks'),
      };
      if (row.seqId !== undefined) update.last = readCount(row.seqId, 'seqId');
      if (kind === 'delta' && row.prevSeqId !== undefined)
        update.prev = readCount(row.prevSeqId, 'prevSeqId');
      return update;
    });
  }

  #readEach(message: Fields, read: (row: Fields) => MarketEvent | undefined): Reading {
    const facts = rowsOf(message).map((row) => read(readObject(row, 'data')));
    const told = facts.filter((fact) => fact !== undefined);
    return told.length > 0 ? events(told) : { kind: 'ignored' };
  }

  /** The best level of each side; undefined while one side is empty. */
  #readBest(row: Fields, instId: unknown, receivedAt: number): Quote | undefined {
    const [bid] = readLevels(row.bids, 'bids');
    const [ask] = readLevels(row.asks, 'asks');
    const origin = this.#origin(instId, row.ts, receivedAt);
    if (!bid || !ask) return undefined;
    return { type: 'quote', ...origin, bid: bid[0], bidSize: bid[1], ask: ask[0], askSize: ask[1] };
  }

  /** A side that nobody stands on has an empty price. */
  #readTicker(row: Fields, receivedAt: number): Quote | undefined {
    const origin = this.#origin(row.instId, row.ts, receivedAt);
    if (row.bidPx === '' || row.askPx === '') return undefined;
    return {
      type: 'quote',
      ...origin,
      bid: readAmount(row.bidPx, 'bidPx'),
      bidSize: readAmount(row.bidSz, 'bidSz'),
      ask: readAmount(row.askPx, 'askPx'),
      askSize: readAmount(row.askSz, 'askSz'),
    };
  }

  /** The rate falls due at `fundingTime`; recordings of before 2024 do not say when it was estimated. */
  #readFunding(row: Fields, receivedAt: number): Funding {
    return {
      type: 'funding',
      ...this.#origin(row.instId, row.ts ?? String(receivedAt), receivedAt),
      rate: readSigned(row.fundingRate, 'fundingRate'),
      nextFundingTs: readEpochText(row.fundingTime, receivedAt, 'fundingTime'),
    };
  }

  #readMark(row: Fields, receivedAt: number): Mark {
    const origin = this.#origin(row.instId, row.ts, receivedAt);
    return { type: 'mark', ...origin, price: readPositive(row.markPx, 'markPx') };
  }

  #readCandles(channel: string, instId: unknown, message: Fields, receivedAt: number): Reading {
    const interval = OKX_BARS.get(channel.slice('candle'.length));
    if (!interval) return { kind: 'ignored' };
    const symbol = this.#symbol(instId);
    return events(rowsOf(message).map((row) => readOkxCandle(row, symbol, interval, receivedAt)));
  }

  #origin(instId: unknown, ts: unknown, receivedAt: number): Origin {
    return {
      venue: 'okx',
      symbol: this.#symbol(instId),
      ts: readEpochText(ts, receivedAt, 'ts'),
      receivedAt,
    };
  }

  #symbol(instId: unknown): string {
    const known = this.#symbols.get(instId as string);
    if (known) return known;
    const symbol = unifyOkxSymbol(readText(instId, 'instId'));
    this.#symbols.set(instId as string, symbol);
    return symbol;
  }
}

/** `[ts, open, high, low, close, volume, volCcy, volCcyQuote, confirm]`, all texts; REST has the same. */
export function readOkxCandle(row: unknown, symbol: string, interval: Interval, receivedAt: number): Candle {
  const fields = readArray(row, 'candle');
  const [ts, open, high, low, close, volume] = fields;
  return {
    type: 'candle',
    venue: 'okx',
    symbol,
    interval,
    open: readPositive(open, 'open'),
    high: readPositive(high, 'high'),
    low: readPositive(low, 'low'),
    close: readPositive(close, 'close'),
    volume: readAmount(volume, 'volume'),
    closed: readConfirm(fields[8]),
    ts: readEpochText(ts, receivedAt, 'ts'),
    receivedAt,
  };
}

/** Absent from recordings of 2021. */
function readConfirm(value: unknown): boolean {
  if (value !== undefined && value !== '0' && value !== '1') {
    throw new RejectError('confirm is neither 0 nor 1', 'confirm');
  }
  return value === '1';
}

function readEvent(message: Fields): Reading {
  const event = readText(message.event, 'event');
  const { code } = message;
  if (event === 'subscribe') return control({ type: 'subscribed' });
  if (event === 'unsubscribe') return control({ type: 'unsubscribed' });
  if (event === 'notice' && code === UPGRADE) {
    return control({ type: 'reconnect', reason: 'the venue closes this connection for an upgrade' });
  }
  if (event.endsWith('error')) {
    return control({ type: 'refused', reason: readReason(message.msg ?? event, 'msg') });
  }
  return control({ type: 'alive' });
}

const events = (list: MarketEvent[]): Reading => ({ kind: 'events', events: list });
const control = (said: Control): Reading => ({ kind: 'control', control: said });
const rowsOf = (message: Fields) => readArray(message.data, 'data');

function readKind(action: unknown): BookUpdate['kind'] {
  if (action === 'snapshot') return 'snapshot';
  if (action === 'update') return 'delta';
  throw new RejectError('action is neither snapshot nor update', 'action');
}

/** `[price, size, "0", orders]` */
function readLevels(value: unknown, where: string): Level[] {
  return readArray(value, where).map((item) => {
    const level = readArray(item, where);
    return readLevel(level[0], level[1], where);
  });
}
