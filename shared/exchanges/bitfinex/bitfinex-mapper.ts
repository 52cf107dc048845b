import type { BookUpdate, Candle, MarketEvent, Quote, Trade } from '../../domain/market.ts';
import { RejectError } from '../../errors.ts';
import { BookSide } from '../book-side.ts';
import {
  checkLength,
  type Fields,
  parseFrame,
  readArray,
  readCount,
  readDigits,
  readEpochText,
  readObject,
  readReason,
  readText,
} from '../fields.ts';
import { NumberedFrames } from '../numbered-frames.ts';
import { OpenCandles } from '../open-candles.ts';
import type { Place } from '../sequence.ts';
import type { Control, Mapper, Reading, Subscription } from '../venue.ts';
import { parseLists } from '../wire-lists.ts';
import { type BitfinexChannel, isSame, readChannel } from './bitfinex-channels.ts';
import { readBitfinexCandle, readBitfinexLevels, readBitfinexTrade } from './bitfinex-rows.ts';
import { type BitfinexChange, type BitfinexRow, BitfinexScan } from './bitfinex-scan.ts';

export const MAX_FRAME_LENGTH = 4 * 1024 * 1024;

const CHECKSUM = /^-?\d{1,10}$/;

/** What the venue says before it stops serving a connection, or when its books began anew. */
const BREAKS: ReadonlyMap<unknown, string> = new Map([
  [20_051, 'the venue restarts its server'],
  [20_060, 'the venue enters maintenance'],
  [20_061, 'the venue ended its maintenance, and its channels begin anew'],
]);

/** When a frame was made and received, UTC ms. */
type Times = Pick<BitfinexRow, 'ts' | 'receivedAt'>;

/** With where it stands in its connection's row, unless frames are not numbered. */
type At = Times & { place: Place | undefined };

/**
 * Reads the frames of one connection: it remembers what each channel id stands for, the numbers of the frames, the
 * last trade ids, the best levels and the open candles.
 */
export class BitfinexMapper implements Mapper {
  readonly #channels = new Map<number, BitfinexChannel>();
  readonly #scan = new BitfinexScan(this.#channels);
  readonly #frames = new NumberedFrames('bitfinex');
  readonly #lastTrades = new Map<string, number>();
  readonly #best = new Map<string, { bids: BookSide; asks: BookSide }>();
  readonly #openCandles = new OpenCandles();

  read(frame: string, receivedAt: number): Reading {
    checkLength(frame, MAX_FRAME_LENGTH);
    if (frame.charCodeAt(0) === 0x7b) return this.#readEvent(readObject(parseFrame(frame), 'frame'));
    const clean = this.#scan.read(frame, receivedAt);
    return clean ? this.#take(clean) : this.#readRow(parseLists(frame), receivedAt);
  }

  readSnapshot(): BookUpdate {
    throw new RejectError('Bitfinex sends whole books in its stream', 'body');
  }

  /** A subscription is taken back by the channel id that this connection gave it. */
  unsubscribe(subscriptions: readonly Subscription[]): string[] {
    return [...this.#channels]
      .filter(([, channel]) => subscriptions.some((subscription) => isSame(channel, subscription)))
      .map(([id]) => JSON.stringify({ event: 'unsubscribe', chanId: id }));
  }

  #readEvent(message: Fields): Reading {
    const event = readText(message.event, 'event');
    switch (event) {
      case 'subscribed':
        this.#channels.set(readCount(message.chanId, 'chanId'), readChannel(message));
        return control({ type: 'subscribed' });
      case 'unsubscribed':
        this.#channels.delete(readCount(message.chanId, 'chanId'));
        return control({ type: 'unsubscribed' });
      case 'error':
        return control({ type: 'refused', reason: readRefusal(message) });
      case 'conf':
        return message.status === 'OK'
          ? control({ type: 'alive' })
          : control({ type: 'refused', reason: 'the venue does not number its frames as asked' });
      case 'info': {
        const reason = BREAKS.get(message.code);
        return control(reason ? { type: 'reconnect', reason } : { type: 'alive' });
      }
      default:
        return control({ type: 'alive' });
    }
  }

  #take(row: BitfinexRow): Reading {
    const place = this.#frames.locate(row);
    return place ? this.#frames.take(row, place, this.#tell(row, place)) : { kind: 'ignored' };
  }

  #tell(row: BitfinexRow, place: Place): Reading {
    const { channel, said } = row;
    if (said === 'repeat') return { kind: 'ignored' };
    if ('type' in said) {
      this.#remember(said.symbol, this.#scan.tradeId);
      return events([said]);
    }
    if (channel.kind === 'quotes') return this.#tellBest(channel, said, row);
    return events([bookUpdate(channel, said, row, place)]);
  }

  /** `[channel id, payload, number, time]`; behind a word such as `te` the payload is the third. */
  #readRow(row: readonly unknown[], receivedAt: number): Reading {
    const id = Number(readDigits(row[0], 'channel id'));
    const isWord = typeof row[1] === 'string' && row[1] !== 'hb';
    const behind = isWord ? 3 : 2;
    const number = row[behind];
    const channel = this.#channels.get(id);
    if (number === undefined)
      return this.#map(channel, row, { place: undefined, ts: receivedAt, receivedAt });
    const ts = readEpochText(row[behind + 1], receivedAt, 'time');
    const numbered = {
      number: readNumber(number),
      ts,
      receivedAt,
      carries: channel?.carries ?? 'else',
    } as const;
    return this.#frames.read(numbered, (place) => this.#map(channel, row, { place, ts, receivedAt }));
  }

  #map(channel: BitfinexChannel | undefined, row: readonly unknown[], at: At): Reading {
    const [, payload, detail] = row;
    if (payload === 'hb') return control({ type: 'alive' });
    if (!channel) throw new RejectError('the channel id was not announced', 'channel id');
    if (channel.kind === 'other') return { kind: 'ignored' };
    if (typeof payload === 'string') return this.#readWord(channel, payload, detail, at);
    const rows = readArray(payload, 'payload');
    switch (channel.kind) {
      case 'trades':
        return events(this.#readTrades(channel, rows, at));
      case 'book':
        return events([bookUpdate(channel, readBitfinexLevels(rows), at, at.place)]);
      case 'quotes':
        return this.#tellBest(channel, readBitfinexLevels(rows), at);
      case 'candles':
        return events(this.#readCandles(channel, rows, at));
      default:
        return { kind: 'ignored' };
    }
  }

  /** A trade is told twice, at once (`te`) and when it is in the ledger (`tu`): the first word counts. */
  #readWord(channel: BitfinexChannel, word: string, detail: unknown, at: At): Reading {
    if (word === 'te' && channel.kind === 'trades') {
      const trade = readBitfinexTrade(detail, channel.symbol, at.receivedAt);
      this.#remember(trade.symbol, Number(trade.id));
      return events([trade]);
    }
    if (word === 'cs' && channel.kind === 'book') {
      const checksum = readChecksum(detail);
      const change: BitfinexChange = { kind: 'delta', bids: [], asks: [], checksum };
      return events([bookUpdate(channel, change, at, at.place)]);
    }
    return { kind: 'ignored' };
  }

  /** The last trades, newest first, on subscribing: those this connection has told already are left out. */
  #readTrades(channel: BitfinexChannel, rows: readonly unknown[], at: At): Trade[] {
    const trades = rows.map((row) => readBitfinexTrade(row, channel.symbol, at.receivedAt));
    const last = this.#lastTrades.get(channel.symbol) ?? 0;
    const untold = trades.filter(({ id }) => Number(id) > last).sort((a, b) => Number(a.id) - Number(b.id));
    for (const { symbol, id } of untold) this.#remember(symbol, Number(id));
    return untold;
  }

  #remember(symbol: string, id: number) {
    if (id > (this.#lastTrades.get(symbol) ?? 0)) this.#lastTrades.set(symbol, id);
  }

  /** The sizes of the ticker are sums of 25 levels: the best level comes from a book of one price point. */
  #tellBest({ symbol }: BitfinexChannel, change: BitfinexChange, { ts, receivedAt }: Times): Reading {
    const best = this.#best.get(symbol) ?? this.#beginBest(symbol);
    if (change.kind === 'snapshot') {
      best.bids.load(change.bids);
      best.asks.load(change.asks);
    } else {
      for (const level of change.bids) best.bids.set(level);
      for (const level of change.asks) best.asks.set(level);
    }
    const bid = best.bids.best;
    const ask = best.asks.best;
    if (!bid || !ask) return { kind: 'ignored' };
    const quote: Quote = {
      type: 'quote',
      venue: 'bitfinex',
      symbol,
      bid: bid[0],
      bidSize: bid[1],
      ask: ask[0],
      askSize: ask[1],
      ts,
      receivedAt,
    };
    return events([quote]);
  }

  #beginBest(symbol: string) {
    const best = { bids: new BookSide('bids'), asks: new BookSide('asks') };
    this.#best.set(symbol, best);
    return best;
  }

  /** One candle, or those of the last hours, newest first; the first word of the next one closes a candle. */
  #readCandles({ symbol, interval }: BitfinexChannel, rows: readonly unknown[], at: At): Candle[] {
    if (!interval) return [];
    const list = rows.length === 0 || Array.isArray(rows[0]) ? rows : [rows];
    const candles = list.map((row) => readBitfinexCandle(row, symbol, interval, at.receivedAt));
    candles.sort((a, b) => a.ts - b.ts);
    return candles.flatMap((candle) => this.#openCandles.take(candle));
  }
}

/** In literals: a spread would cost three times what all the reading does. */
function bookUpdate(
  { symbol }: BitfinexChannel,
  { kind, bids, asks, checksum }: BitfinexChange,
  { ts, receivedAt }: Times,
  place: Place | undefined,
): BookUpdate {
  const type = 'book';
  const venue = 'bitfinex';
  const update: BookUpdate = place
    ? { type, venue, symbol, kind, bids, asks, first: place.first, last: place.last, ts, receivedAt }
    : { type, venue, symbol, kind, bids, asks, ts, receivedAt };
  if (checksum !== undefined) update.checksum = checksum;
  return update;
}

const events = (list: MarketEvent[]): Reading => ({ kind: 'events', events: list });
const control = (said: Control): Reading => ({ kind: 'control', control: said });

/** `{"event":"error","msg":"symbol: invalid","code":10300,"symbol":"tNOSUCH"}` */
function readRefusal({ msg, code, symbol, key }: Fields): string {
  const subject = symbol ?? key;
  const about = typeof subject === 'string' ? ` (${subject.slice(0, 64)})` : '';
  return `${readReason(msg ?? `error ${code}`, 'msg')}${about}`;
}

function readNumber(value: unknown): number {
  return readCount(Number(readDigits(value, 'number')), 'number');
}

/** A CRC32 as a signed number. */
function readChecksum(value: unknown): number {
  if (typeof value !== 'string' || !CHECKSUM.test(value)) {
    throw new RejectError('checksum is not a whole number', 'checksum');
  }
  return Number(value);
}
