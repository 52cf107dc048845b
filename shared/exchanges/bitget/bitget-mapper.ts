import type { BookUpdate, Funding, Level, Mark, MarketEvent, Quote, Trade } from '../../domain/market.ts';
import { RejectError } from '../../errors.ts';
import {
  checkLength,
  type Fields,
  parseFrame,
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
import { OpenCandles } from '../open-candles.ts';
import { Spellings } from '../spellings.ts';
import type { Control, Mapper, Reading } from '../venue.ts';
import { BITGET_LENGTHS, compareIds, readBitgetCandle, readBitgetTrade } from './bitget-rows.ts';
import { BitgetScan } from './bitget-scan.ts';
import { type BitgetMarket, spellBitgetSymbol, unifyBitgetSymbol } from './bitget-symbols.ts';

export const MAX_FRAME_LENGTH = 4 * 1024 * 1024;

/** Numbers beyond 2^53, as the sequence of coin-margined contracts has them, kept as text. */
const LONG_SEQUENCES = /"(p?seq)":(\d{16,19})(?=[,}])/g;

/** So far behind the first one a change may still reach: 0 is kept for a counter that began anew. */
const HEADROOM = 1_000_000_000_000n;

/** Reads the frames of one connection; it remembers sequences, rates told last and open candles. */
export class BitgetMapper implements Mapper {
  readonly #market: BitgetMarket;
  readonly #symbols = new Spellings<string>();
  readonly #scan: BitgetScan;
  readonly #sequenceBases = new Map<string, bigint>();
  readonly #books = new Map<string, { last: number; ts: number }>();
  readonly #told = new Map<string, { funding?: Funding; mark?: Mark }>();
  readonly #openCandles = new OpenCandles();

  /** `symbols` are those that it will surely meet: spot's spelling can't always be split without them. */
  constructor(market: BitgetMarket, symbols: readonly string[] = []) {
    this.#market = market;
    this.#scan = new BitgetScan(market, this.#symbols);
    for (const symbol of symbols) this.#symbols.set(spellBitgetSymbol(symbol, market).instId, symbol);
  }

  read(frame: string, receivedAt: number): Reading {
    if (frame === 'pong') return control({ type: 'alive' });
    checkLength(frame, MAX_FRAME_LENGTH);
    return this.#readClean(frame, receivedAt) ?? this.#readAny(frame, receivedAt);
  }

  #readClean(frame: string, receivedAt: number): Reading | undefined {
    const said = this.#scan.read(frame, receivedAt);
    switch (said?.channel) {
      case 'trade':
        return events(said.trades.sort(compareIds));
      case 'books':
        return this.#tellBooks([said.update]);
      case 'books1':
        return events([said.quote]);
      default:
        return undefined;
    }
  }

  #readAny(frame: string, receivedAt: number): Reading {
    const message = readObject(parseFrame(frame.replace(LONG_SEQUENCES, '"$1":"$2"')), 'frame');
    if (message.event !== undefined) return readEvent(message);
    const { instType, channel, instId } = readObject(message.arg, 'arg');
    if ((instType === 'SPOT') !== (this.#market === 'spot')) return { kind: 'ignored' };
    return this.#readChannel(readText(channel, 'channel'), instId, message, receivedAt);
  }

  readSnapshot(): BookUpdate {
    throw new RejectError('Bitget sends whole books in its stream', 'body');
  }

  #readChannel(channel: string, instId: unknown, message: Fields, receivedAt: number): Reading {
    switch (channel) {
      case 'trade':
        return events(this.#readTrades(instId, message, receivedAt));
      case 'books':
        return this.#readBook(instId, message, receivedAt);
      case 'books1':
        return this.#readBest(instId, message, receivedAt);
      case 'ticker':
        return this.#readTicker(instId, message, receivedAt);
      default:
        if (channel.startsWith('candle')) return this.#readCandles(channel, instId, message, receivedAt);
        return { kind: 'ignored' };
    }
  }

  /** The first message has recent trades, the newest first. */
  #readTrades(instId: unknown, message: Fields, receivedAt: number): Trade[] {
    const symbol = this.#symbol(instId);
    return rowsOf(message)
      .map((row) => readBitgetTrade(row, symbol, receivedAt))
      .sort(compareIds);
  }

  /** A checksum stands in old frames only: it was taken away on 2026-05-12 in favour of `seq` and `pseq`. */
  #readBook(instId: unknown, message: Fields, receivedAt: number): Reading {
    const kind = readKind(message.action);
    const symbol = this.#symbol(instId);
    const updates = rowsOf(message).map((row) => {
      const update: BookUpdate = {
        type: 'book',
        venue: 'bitget',
        symbol,
        kind,
        bids: readLevels(row.bids, 'bids'),
        asks: readLevels(row.asks, 'asks'),
        last: this.#readSequence(row.seq, symbol, 'seq'),
        ts: readEpochText(row.ts, receivedAt, 'ts'),
        receivedAt,
      };
      if (kind === 'delta') update.prev = this.#readSequence(row.pseq, symbol, 'pseq');
      return update;
    });
    return this.#tellBooks(updates);
  }

  #tellBooks(updates: BookUpdate[]): Reading {
    const news = updates.filter((update) => this.#isNews(update));
    return news.length > 0 ? events(news) : { kind: 'ignored' };
  }

  /** A whole book that is older than what was told is a repetition. */
  #isNews({ symbol, kind, last = 0, ts }: BookUpdate): boolean {
    const told = this.#books.get(symbol);
    if (told && kind === 'snapshot' && last < told.last && ts <= told.ts) return false;
    if (!told || kind === 'snapshot' || last > told.last) this.#books.set(symbol, { last, ts });
    return true;
  }

  /** As the venue has it or, where that is beyond 2^53, counted from near the first one of this connection. */
  #readSequence(value: unknown, symbol: string, where: string): number {
    if (typeof value !== 'string') return readCount(value, where);
    const sequence = BigInt(readDigits(value, where));
    const base = this.#sequenceBases.get(symbol) ?? sequence - HEADROOM;
    this.#sequenceBases.set(symbol, base);
    return Number(sequence - base);
  }

  /** The best level of each side; nothing while one side is empty. */
  #readBest(instId: unknown, message: Fields, receivedAt: number): Reading {
    const symbol = this.#symbol(instId);
    const quotes = rowsOf(message).flatMap((row): Quote[] => {
      const [bid] = readLevels(row.bids, 'bids');
      const [ask] = readLevels(row.asks, 'asks');
      const ts = readEpochText(row.ts, receivedAt, 'ts');
      if (!bid || !ask) return [];
      const sides = { bid: bid[0], bidSize: bid[1], ask: ask[0], askSize: ask[1] };
      return [{ type: 'quote', venue: 'bitget', symbol, ...sides, ts, receivedAt }];
    });
    return quotes.length > 0 ? events(quotes) : { kind: 'ignored' };
  }

  /** Ten a second: funding and mark price are passed on as they change. Spot has neither. */
  #readTicker(instId: unknown, message: Fields, receivedAt: number): Reading {
    if (this.#market === 'spot') return { kind: 'ignored' };
    const symbol = this.#symbol(instId);
    const rates = rowsOf(message).flatMap((row) => readRates(row, symbol, receivedAt));
    const changes = rates.filter((rate) => this.#isChange(rate));
    return changes.length > 0 ? events(changes) : { kind: 'ignored' };
  }

  #isChange(rate: Funding | Mark): boolean {
    const told = this.#told.get(rate.symbol);
    if (rate.type === 'funding') {
      const { funding } = told ?? {};
      if (funding?.rate === rate.rate && funding.nextFundingTs === rate.nextFundingTs) return false;
      this.#tell(rate.symbol, { funding: rate });
    } else {
      const { mark } = told ?? {};
      if (mark?.price === rate.price && mark.indexPrice === rate.indexPrice) return false;
      this.#tell(rate.symbol, { mark: rate });
    }
    return true;
  }

  /** The first message has hundreds of candles, all but the last one closed; from there on each closes the one before. */
  #readCandles(channel: string, instId: unknown, message: Fields, receivedAt: number): Reading {
    const interval = BITGET_LENGTHS.get(channel.slice('candle'.length));
    if (!interval) return { kind: 'ignored' };
    const symbol = this.#symbol(instId);
    const candles = readArray(message.data, 'data')
      .map((row) => readBitgetCandle(row, symbol, interval, receivedAt))
      .sort((a, b) => a.ts - b.ts);
    const told = candles.flatMap((candle) => this.#openCandles.take(candle));
    return told.length > 0
      ? events(told.filter((candle) => candle.closed || candle === told.at(-1)))
      : { kind: 'ignored' };
  }

  #tell(symbol: string, news: { funding?: Funding; mark?: Mark }) {
    this.#told.set(symbol, { ...this.#told.get(symbol), ...news });
  }

  #symbol(wire: unknown): string {
    const known = this.#symbols.get(wire as string);
    if (known) return known;
    const symbol = unifyBitgetSymbol(readText(wire, 'instId'), this.#market);
    this.#symbols.set(wire as string, symbol);
    return symbol;
  }
}

const events = (list: MarketEvent[]): Reading => ({ kind: 'events', events: list });
const control = (said: Control): Reading => ({ kind: 'control', control: said });
const rowsOf = (message: Fields) => readArray(message.data, 'data').map((row) => readObject(row, 'data'));

/** Answers to our requests. */
function readEvent(message: Fields): Reading {
  const event = readText(message.event, 'event');
  if (event === 'subscribe') return control({ type: 'subscribed' });
  if (event === 'unsubscribe') return control({ type: 'unsubscribed' });
  if (event === 'error') return control({ type: 'refused', reason: readReason(message.msg, 'msg') });
  return control({ type: 'alive' });
}

function readKind(action: unknown): BookUpdate['kind'] {
  if (action === 'snapshot') return 'snapshot';
  if (action === 'update') return 'delta';
  throw new RejectError('action is neither snapshot nor update', 'action');
}

/** `[price, size]` */
function readLevels(value: unknown, where: string): Level[] {
  return readArray(value, where).map((item) => {
    const level = readArray(item, where);
    return readLevel(level[0], level[1], where);
  });
}

/** Funding, where there is any, and mark price of a ticker. */
function readRates(row: Fields, symbol: string, receivedAt: number): (Funding | Mark)[] {
  const origin = { venue: 'bitget', symbol, ts: readEpochText(row.ts, receivedAt, 'ts'), receivedAt };
  const mark: Mark = { type: 'mark', ...origin, price: readPositive(row.markPrice, 'markPrice') };
  if (row.indexPrice) mark.indexPrice = readPositive(row.indexPrice, 'indexPrice');
  if (row.nextFundingTime === '0' || row.nextFundingTime === '') return [mark];
  const rate = readSigned(row.fundingRate, 'fundingRate');
  const nextFundingTs = readEpochText(row.nextFundingTime, receivedAt, 'nextFundingTime');
  return [{ type: 'funding', ...origin, rate, nextFundingTs }, mark];
}
