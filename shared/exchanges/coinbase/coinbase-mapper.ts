import type { BookUpdate, Candle, Level, MarketEvent, Quote, Trade } from '../../domain/market.ts';
import { RejectError, UserError } from '../../errors.ts';
import {
  checkLength,
  type Fields,
  isDigits,
  parseFrame,
  readAmount,
  readArray,
  readCount,
  readEpoch,
  readLevel,
  readObject,
  readPositive,
  readReason,
  readRfc3339,
  readText,
} from '../fields.ts';
import { type NumberedFrame, NumberedFrames } from '../numbered-frames.ts';
import { OpenCandles } from '../open-candles.ts';
import type { Place } from '../sequence.ts';
import { Spellings } from '../spellings.ts';
import type { Mapper, Reading } from '../venue.ts';
import { type CoinbaseChange, type CoinbaseSaid, CoinbaseScan } from './coinbase-scan.ts';

/** Whole books come in one frame, of more than 5 MB for the busiest products. */
export const MAX_FRAME_LENGTH = 32 * 1024 * 1024;

const PRODUCT = /^[A-Z0-9]{1,20}-[A-Z0-9]{1,20}$/;
const SYMBOL = /^[A-Z0-9]{1,20}\/[A-Z0-9]{1,20}$/;

/** `BTC-USD` → `BTC/USD`. @throws {RejectError} for what is no pair */
export function unifyCoinbaseSymbol(wire: string): string {
  if (!PRODUCT.test(wire)) throw new RejectError('product_id is no pair', 'product_id');
  return wire.replace('-', '/');
}

/** `BTC/USD` → `BTC-USD`. @throws {UserError} for what is no pair */
export function spellCoinbaseSymbol(symbol: string): string {
  if (SYMBOL.test(symbol)) return symbol.replace('/', '-');
  throw new UserError(`Coinbase has no symbol "${symbol}": its symbols are written like BTC/USD`);
}

/** A trade's side is the MAKER's at Coinbase; ours is the taker's. */
export function takerSide(makerSide: unknown): 'buy' | 'sell' {
  if (makerSide !== 'BUY' && makerSide !== 'SELL')
    throw new RejectError('side is neither BUY nor SELL', 'side');
  return makerSide === 'BUY' ? 'sell' : 'buy';
}

/** A whole number written as text. */
export function readNumeral(value: unknown, where: string): string {
  if (!isDigits(value, 15)) {
    throw new RejectError(`${where} is not a whole number`, where);
  }
  return value;
}

/** Reads the frames of one connection; it remembers their numbers, the last trade ids and the open candles. */
export class CoinbaseMapper implements Mapper {
  readonly #symbols = new Spellings<string>();
  readonly #scan = new CoinbaseScan(this.#symbols);
  readonly #frames = new NumberedFrames('coinbase');
  readonly #lastTrades = new Map<string, number>();
  readonly #openCandles = new OpenCandles();

  /** A product in USDC is announced under the name of its twin in USD. */
  constructor(symbols: readonly string[] = []) {
    const wanted = new Set(symbols);
    for (const symbol of symbols) {
      const twin = symbol.replace(/\/USDC$/, '/USD');
      if (!wanted.has(twin)) this.#symbols.set(spellCoinbaseSymbol(twin), symbol);
    }
  }

  read(frame: string, receivedAt: number): Reading {
    checkLength(frame, MAX_FRAME_LENGTH);
    const said = this.#scan.read(frame, receivedAt);
    if (!said) return this.#readAny(frame, receivedAt);
    const { channel, number, ts } = said;
    return this.#frames.read({ number, ts, receivedAt, carries: carriedBy(channel) }, (place) =>
      events(this.#tell(said, place, receivedAt)),
    );
  }

  #tell(said: CoinbaseSaid, place: Place, receivedAt: number): MarketEvent[] {
    switch (said.channel) {
      case 'market_trades':
        return this.#heard(oldestFirst(said.trades));
      case 'l2_data':
        return [bookUpdate(said.change, place, said.ts, receivedAt)];
      case 'ticker':
        return said.quotes;
    }
  }

  #readAny(frame: string, receivedAt: number): Reading {
    const message = readObject(parseFrame(frame), 'frame');
    if (message.channel === undefined) return readError(message);
    const channel = readText(message.channel, 'channel');
    if (message.sequence_num === undefined) throw new RejectError('sequence_num is absent', 'sequence_num');
    const number = readCount(message.sequence_num, 'sequence_num');
    const ts = readRfc3339(message.timestamp, receivedAt, 'timestamp');
    return this.#frames.read({ number, ts, receivedAt, carries: carriedBy(channel) }, (place) =>
      this.#readChannel(channel, message, { place, ts, receivedAt }),
    );
  }

  readSnapshot(): BookUpdate {
    throw new RejectError('Coinbase sends whole books in its stream', 'body');
  }

  #readChannel(channel: string, message: Fields, at: At): Reading {
    switch (channel) {
      case 'market_trades':
        return events(this.#readTrades(message, at));
      case 'l2_data':
        return events(this.#readBooks(message, at));
      case 'ticker':
      case 'ticker_batch':
        return events(this.#readQuotes(message, at));
      case 'candles':
        return events(this.#readCandles(message, at));
      case 'subscriptions':
        return { kind: 'control', control: { type: 'subscribed' } };
      case 'heartbeats':
        return { kind: 'control', control: { type: 'alive' } };
      default:
        return { kind: 'ignored' };
    }
  }

  /** Newest first in a snapshot, which repeats what was told before: each comes out once, oldest first. */
  #readTrades(message: Fields, { receivedAt }: At): Trade[] {
    const fresh: Trade[] = [];
    for (const event of eventsOf(message)) {
      const isSnapshot = readKind(event) === 'snapshot';
      const trades = oldestFirst(rows(event, 'trades').map((row) => this.#readTrade(row, receivedAt)));
      const untold = (trade: Trade) => Number(trade.id) > (this.#lastTrades.get(trade.symbol) ?? -1);
      fresh.push(...(isSnapshot ? trades.filter(untold) : trades));
    }
    return this.#heard(fresh);
  }

  #heard(trades: Trade[]): Trade[] {
    for (const { symbol, id } of trades) {
      this.#lastTrades.set(symbol, Math.max(Number(id), this.#lastTrades.get(symbol) ?? -1));
    }
    return trades;
  }

  #readTrade(row: Fields, receivedAt: number): Trade {
    return {
      type: 'trade',
      venue: 'coinbase',
      symbol: this.#symbol(row.product_id),
      id: readNumeral(row.trade_id, 'trade_id'),
      price: readPositive(row.price, 'price'),
      size: readPositive(row.size, 'size'),
      side: takerSide(row.side),
      ts: readRfc3339(row.time, receivedAt, 'time'),
      receivedAt,
    };
  }

  #readBooks(message: Fields, { place, ts, receivedAt }: At): BookUpdate[] {
    return eventsOf(message).map((event): BookUpdate => {
      const kind = readKind(event) === 'snapshot' ? 'snapshot' : 'delta';
      const bids: Level[] = [];
      const asks: Level[] = [];
      for (const item of readArray(event.updates, 'updates')) {
        const row = readObject(item, 'updates');
        const level = readLevel(row.price_level, row.new_quantity, 'price_level');
        if (row.side === 'bid') bids.push(level);
        else if (row.side === 'offer' || row.side === 'ask') asks.push(level);
        else throw new RejectError('side is neither bid nor offer', 'side');
      }
      const symbol = this.#symbol(event.product_id);
      const { first, last } = place;
      return { type: 'book', venue: 'coinbase', symbol, kind, bids, asks, first, last, ts, receivedAt };
    });
  }

  /** Tickers of `ticker_batch` and of old carry no best bid and ask. */
  #readQuotes(message: Fields, { ts, receivedAt }: At): Quote[] {
    return eventsOf(message)
      .flatMap((event) => rows(event, 'tickers'))
      .filter((row) => QUOTE_FIELDS.every((field) => row[field] !== undefined && row[field] !== ''))
      .map((row) => ({
        type: 'quote',
        venue: 'coinbase',
        symbol: this.#symbol(row.product_id),
        bid: readAmount(row.best_bid, 'best_bid'),
        bidSize: readAmount(row.best_bid_quantity, 'best_bid_quantity'),
        ask: readAmount(row.best_ask, 'best_ask'),
        askSize: readAmount(row.best_ask_quantity, 'best_ask_quantity'),
        ts,
        receivedAt,
      }));
  }

  /** Buckets of five minutes; the snapshot begins with the newest. */
  #readCandles(message: Fields, { receivedAt }: At): Candle[] {
    const candles = eventsOf(message)
      .flatMap((event) => rows(event, 'candles'))
      .map((row) => this.#readCandle(row, receivedAt));
    candles.sort((a, b) => a.ts - b.ts);
    return candles.flatMap((candle) => this.#openCandles.take(candle));
  }

  #readCandle(row: Fields, receivedAt: number): Candle {
    return {
      type: 'candle',
      venue: 'coinbase',
      symbol: this.#symbol(row.product_id),
      interval: '5m',
      open: readPositive(row.open, 'open'),
      high: readPositive(row.high, 'high'),
      low: readPositive(row.low, 'low'),
      close: readPositive(row.close, 'close'),
      volume: readAmount(row.volume, 'volume'),
      closed: false,
      ts: readEpoch(Number(readNumeral(row.start, 'start')) * 1000, receivedAt, 'start'),
      receivedAt,
    };
  }

  #symbol(wire: unknown): string {
    const known = this.#symbols.get(wire as string);
    if (known) return known;
    const symbol = unifyCoinbaseSymbol(readText(wire, 'product_id'));
    this.#symbols.set(wire as string, symbol);
    return symbol;
  }
}

/** A frame's place and times. */
interface At {
  place: Place;
  ts: number;
  receivedAt: number;
}

const QUOTE_FIELDS = ['best_bid', 'best_bid_quantity', 'best_ask', 'best_ask_quantity'];

const events = (list: MarketEvent[]): Reading => ({ kind: 'events', events: list });

function carriedBy(channel: string): NumberedFrame['carries'] {
  if (channel === 'l2_data') return 'book';
  return channel === 'market_trades' ? 'trades' : 'else';
}

function bookUpdate(
  { symbol, bids, asks }: CoinbaseChange,
  { first, last }: Place,
  ts: number,
  receivedAt: number,
): BookUpdate {
  const kind = 'delta';
  return { type: 'book', venue: 'coinbase', symbol, kind, bids, asks, first, last, ts, receivedAt };
}

const oldestFirst = (trades: Trade[]): Trade[] => trades.sort((a, b) => Number(a.id) - Number(b.id));

/** `{"type":"error","message":"…"}` has neither channel nor number. */
function readError({ type, message, reason }: Fields): Reading {
  if (type !== 'error') throw new RejectError('no frame of this venue', 'frame');
  const said = typeof reason === 'string' && reason !== '' ? `${message}: ${reason}` : message;
  return { kind: 'control', control: { type: 'refused', reason: readReason(said, 'message') } };
}

const eventsOf = (message: Fields): Fields[] =>
  readArray(message.events, 'events').map((event) => readObject(event, 'events'));

const rows = (event: Fields, where: string): Fields[] =>
  readArray(event[where], where).map((row) => readObject(row, where));

function readKind({ type }: Fields): 'snapshot' | 'update' {
  if (type !== 'snapshot' && type !== 'update') {
    throw new RejectError('type is neither snapshot nor update', 'type');
  }
  return type;
}
