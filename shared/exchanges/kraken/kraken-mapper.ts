import type { BookUpdate, Candle, Interval, Level, MarketEvent, Quote, Trade } from '../../domain/market.ts';
import { RejectError } from '../../errors.ts';
import {
  checkLength,
  type Fields,
  parseFrame,
  readAmount,
  readArray,
  readCount,
  readLevel,
  readObject,
  readPositive,
  readReason,
  readRfc3339,
  readText,
} from '../fields.ts';
import { OpenCandles } from '../open-candles.ts';
import { Spellings } from '../spellings.ts';
import type { Mapper, Reading } from '../venue.ts';
import { KrakenScan } from './kraken-scan.ts';

export const MAX_FRAME_LENGTH = 4 * 1024 * 1024;

/** Kraken's interval in minutes → ours. */
export const KRAKEN_MINUTES: ReadonlyMap<number, Interval> = new Map([
  [1, '1m'],
  [5, '5m'],
  [15, '15m'],
  [60, '1h'],
  [240, '4h'],
  [1440, '1d'],
]);

const DEPTHS = [10, 25, 100, 500, 1000];
const SYMBOL = /^[\w.]{1,20}\/[\w.]{1,20}$/;
const LEGACY_NAMES: Readonly<Record<string, string>> = { XBT: 'BTC', XDG: 'DOGE' };

/** `XBT/USD` → `BTC/USD`; v2 already says `BTC/USD`. @throws {RejectError} for what is no pair */
export function unifyKrakenSymbol(wire: string): string {
  if (!SYMBOL.test(wire)) throw new RejectError('symbol is malformed', 'symbol');
  return wire
    .split('/')
    .map((name) => (Object.hasOwn(LEGACY_NAMES, name) ? LEGACY_NAMES[name] : name))
    .join('/');
}

/**
 * Bare numbers of these keys, kept as the text that was on the wire: checksums and money need every digit. Inside a
 * JSON string each quote is escaped, so `"price":` can only be a key.
 */
const BARE_NUMBERS =
  /"(price|qty|bid|bid_qty|ask|ask_qty|open|high|low|close|volume)"\s*:\s*(-?[0-9][0-9.eE+-]*)/g;

/** Reads the frames of one connection; it remembers subscribed depths, open candles and the last trade ids. */
export class KrakenMapper implements Mapper {
  readonly #symbols: Spellings<string>;
  readonly #scan: KrakenScan;
  readonly #depths = new Map<string, number>();
  readonly #lastTrades = new Map<string, number>();
  readonly #openCandles = new OpenCandles();

  constructor(symbols: readonly string[] = []) {
    this.#symbols = new Spellings(symbols.map((symbol) => [symbol, symbol]));
    this.#scan = new KrakenScan(this.#symbols);
  }

  read(frame: string, receivedAt: number): Reading {
    checkLength(frame, MAX_FRAME_LENGTH);
    return this.#readClean(frame, receivedAt) ?? this.#readAny(frame, receivedAt);
  }

  #readClean(frame: string, receivedAt: number): Reading | undefined {
    const said = this.#scan.read(frame, receivedAt);
    switch (said?.channel) {
      case 'book':
        for (const update of said.updates) this.#place(update);
        return events(said.updates);
      case 'trade':
        return events(this.#unheard(said.trades, said.isSnapshot));
      case 'ticker':
        return events(said.quotes);
      default:
        return undefined;
    }
  }

  #readAny(frame: string, receivedAt: number): Reading {
    const message = readObject(parseFrame(frame.replace(BARE_NUMBERS, '"$1":"$2"')), 'frame');
    if (typeof message.channel === 'string') return this.#readChannel(message.channel, message, receivedAt);
    if (typeof message.method === 'string') return this.#readAnswer(message.method, message);
    if (typeof message.error === 'string') return refused(readReason(message.error, 'error'));
    throw new RejectError('no frame of this venue', 'frame');
  }

  readSnapshot(): BookUpdate {
    throw new RejectError('Kraken sends whole books in its stream', 'body');
  }

  #readChannel(channel: string, message: Fields, receivedAt: number): Reading {
    switch (channel) {
      case 'trade':
        return events(this.#readTrades(message, receivedAt));
      case 'book':
        return events(this.#readBooks(message, receivedAt));
      case 'ticker':
        return events(rows(message).map((row) => this.#readQuote(row, receivedAt)));
      case 'ohlc':
        return events(this.#readCandles(message, receivedAt));
      case 'heartbeat':
      case 'status':
        return { kind: 'control', control: { type: 'alive' } };
      default:
        return { kind: 'ignored' };
    }
  }

  #readAnswer(method: string, message: Fields): Reading {
    if (message.success === false) {
      const symbol = typeof message.symbol === 'string' ? ` (${message.symbol})` : '';
      return refused(`${readReason(message.error, 'error')}${symbol}`);
    }
    if (method !== 'subscribe' && method !== 'unsubscribe') return control('alive');
    const result = readObject(message.result, 'result');
    if (method === 'unsubscribe') return control('unsubscribed');
    if (result.channel === 'book' && result.depth !== undefined) {
      this.#depths.set(this.#symbol(result.symbol), readCount(result.depth, 'depth'));
    }
    return control('subscribed');
  }

  #readTrades(message: Fields, receivedAt: number): Trade[] {
    const isSnapshot = readKind(message) === 'snapshot';
    const trades = rows(message).map((row) => this.#readTrade(row, receivedAt));
    return this.#unheard(trades, isSnapshot);
  }

  /** The snapshot repeats the last 50 trades; those this connection has told already are left out. */
  #unheard(trades: Trade[], isSnapshot: boolean): Trade[] {
    const fresh = isSnapshot ? trades.filter((trade) => Number(trade.id) > this.#lastTrade(trade)) : trades;
    for (const trade of fresh) {
      this.#lastTrades.set(trade.symbol, Math.max(Number(trade.id), this.#lastTrade(trade)));
    }
    return fresh;
  }

  /** `side` is the taker's: "The side of the taker order". */
  #readTrade(row: Fields, receivedAt: number): Trade {
    const { side } = row;
    if (side !== 'buy' && side !== 'sell') throw new RejectError('side is neither buy nor sell', 'side');
    return {
      type: 'trade',
      venue: 'kraken',
      symbol: this.#symbol(row.symbol),
      id: String(readCount(row.trade_id, 'trade_id')),
      price: readPositive(row.price, 'price'),
      size: readPositive(row.qty, 'qty'),
      side,
      ts: readRfc3339(row.timestamp, receivedAt, 'timestamp'),
      receivedAt,
    };
  }

  #readBooks(message: Fields, receivedAt: number): BookUpdate[] {
    const kind = readKind(message) === 'snapshot' ? 'snapshot' : 'delta';
    return rows(message).map((row) => {
      const decimals: [number, number] = [0, 0];
      const symbol = this.#symbol(row.symbol);
      const bids = readLevels(row.bids, 'bids', decimals);
      const asks = readLevels(row.asks, 'asks', decimals);
      const update: BookUpdate = {
        type: 'book',
        venue: 'kraken',
        symbol,
        kind,
        bids,
        asks,
        decimals,
        ts: row.timestamp === undefined ? receivedAt : readRfc3339(row.timestamp, receivedAt, 'timestamp'),
        receivedAt,
      };
      if (row.checksum !== undefined) update.checksum = readCount(row.checksum, 'checksum');
      this.#place(update);
      return update;
    });
  }

  /** A whole book has the depth that was acknowledged; else the smallest one on offer that holds what came. */
  #place(update: BookUpdate): void {
    if (update.kind === 'delta') return;
    const most = Math.max(update.bids.length, update.asks.length);
    update.depth = this.#depths.get(update.symbol) ?? DEPTHS.find((depth) => depth >= most);
  }

  #readQuote(row: Fields, receivedAt: number): Quote {
    return {
      type: 'quote',
      venue: 'kraken',
      symbol: this.#symbol(row.symbol),
      bid: readAmount(row.bid, 'bid'),
      bidSize: readAmount(row.bid_qty, 'bid_qty'),
      ask: readAmount(row.ask, 'ask'),
      askSize: readAmount(row.ask_qty, 'ask_qty'),
      ts: row.timestamp === undefined ? receivedAt : readRfc3339(row.timestamp, receivedAt, 'timestamp'),
      receivedAt,
    };
  }

  /** Kraken never says that a candle is closed: the first word of the next one does. */
  #readCandles(message: Fields, receivedAt: number): Candle[] {
    readKind(message);
    const read = rows(message).map((row) => this.#readCandle(row, receivedAt));
    return read.flatMap((candle) => (candle ? this.#openCandles.take(candle) : []));
  }

  #readCandle(row: Fields, receivedAt: number): Candle | undefined {
    const interval = KRAKEN_MINUTES.get(readCount(row.interval, 'interval'));
    if (!interval) return undefined;
    return {
      type: 'candle',
      venue: 'kraken',
      symbol: this.#symbol(row.symbol),
      interval,
      open: readPositive(row.open, 'open'),
      high: readPositive(row.high, 'high'),
      low: readPositive(row.low, 'low'),
      close: readPositive(row.close, 'close'),
      volume: readAmount(row.volume, 'volume'),
      closed: false,
      ts: readRfc3339(row.interval_begin, receivedAt, 'interval_begin'),
      receivedAt,
    };
  }

  #symbol(wire: unknown): string {
    const known = this.#symbols.get(wire as string);
    if (known) return known;
    const symbol = unifyKrakenSymbol(readText(wire, 'symbol'));
    this.#symbols.set(wire as string, symbol);
    return symbol;
  }

  #lastTrade({ symbol }: Trade): number {
    return this.#lastTrades.get(symbol) ?? -1;
  }
}

const events = (list: MarketEvent[]): Reading => ({ kind: 'events', events: list });
const refused = (reason: string): Reading => ({ kind: 'control', control: { type: 'refused', reason } });
const control = (type: 'alive' | 'subscribed' | 'unsubscribed'): Reading => ({
  kind: 'control',
  control: { type },
});

const rows = (message: Fields): Fields[] =>
  readArray(message.data, 'data').map((row) => readObject(row, 'data'));

function readKind({ type }: Fields): 'snapshot' | 'update' {
  if (type !== 'snapshot' && type !== 'update') {
    throw new RejectError('type is neither snapshot nor update', 'type');
  }
  return type;
}

/** Reads `{price, qty}` levels and raises `decimals` to the most digits seen. A side that is absent did not change. */
function readLevels(value: unknown, where: string, decimals: [number, number]): Level[] {
  if (value === undefined) return [];
  return readArray(value, where).map((item) => {
    const { price, qty } = readObject(item, where);
    const level = readLevel(price, qty, where);
    decimals[0] = Math.max(decimals[0], decimalsOf(price as string, level[0]));
    decimals[1] = Math.max(decimals[1], decimalsOf(qty as string, level[1]));
    return level;
  });
}

/** Decimal places as written; a scientific spelling has those of its plain one. */
function decimalsOf(wire: string, canonical: string): number {
  const text = /[eE]/.test(wire) ? canonical : wire;
  const dot = text.indexOf('.');
  return dot === -1 ? 0 : text.length - dot - 1;
}
