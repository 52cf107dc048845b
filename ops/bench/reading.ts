import { UserError } from '../../shared/errors.ts';
import { Book } from '../../shared/exchanges/book.ts';
import type { BookRule, Mapper, Venue } from '../../shared/exchanges/venue.ts';
import { findVenue } from '../../shared/exchanges/venues.ts';
import { Problems, readFrames } from '../recording.ts';
import type { Dialect } from '../sim/dialect.ts';
import { findDialect } from '../sim/dialects/index.ts';
import { type CcxtReader, ccxtReaders, numbers } from './ccxt-reader.ts';
import { binanceFrames, type FrameSet, krakenFrames } from './frames.ts';
import { type RaceOptions, type Rate, race } from './race.ts';
import { rehearsedFrames } from './rehearsed.ts';

const GENERATED = 20_000;
const REHEARSED = 8_000;
/** One market of each native venue, and Binance's futures, whose frames are others. */
export const FEEDS = [
  ...[['binance', 'spot'] as const, ['binance', 'usdm'] as const, ['bitfinex', 'spot'] as const],
  ...[['bitget', 'spot'] as const, ['bybit', 'linear'] as const, ['coinbase', 'spot'] as const],
  ...[['gate', 'spot'] as const, ['kraken', 'spot'] as const, ['kucoin', 'spot'] as const],
  ...[['okx', 'spot'] as const, ['okx', 'swap'] as const],
];
/** What a kind of event comes by. */
const CHANNEL_OF = { trade: 'trades', quote: 'quotes', book: 'book' } as const;
const COMPARED_LEVELS = 25;
const FULL: RaceOptions = { warmMs: 600, rounds: 5, roundMs: 200 };
const BRIEF: RaceOptions = { warmMs: 200, rounds: 3, roundMs: 150 };

/** Our rate beside the references of the same run, on the same frames. */
export interface Comparison {
  frames: number;
  /** Mean length of a frame in characters. */
  length: number;
  ours: Rate;
  jsonParse: Rate;
  ccxt: Rate;
  /** Ours by JSON.parse alone, and by ccxt's own stream handlers. */
  ofJsonParse: number;
  timesCcxt: number;
}

export interface NormalizeReport extends Comparison {
  events: number;
  /** Whether ours and ccxt's ended with the same last trade of each symbol. */
  agree: boolean;
  byKind: Record<string, Comparison>;
}

export interface BookReport extends Comparison {
  updates: number;
  checksums: { ok: number; bad: number };
  /** Where frames carry checksums: ours without verifying them, as ccxt does by default; by ccxt's rate. */
  unverified?: { ours: Rate; timesCcxt: number };
  live: boolean;
  /** Whether ours and ccxt's ended with the same best 25 levels a side. */
  agree: boolean;
}

/** The frames of a recording. */
export async function recordedFrames(file: string, venue: string, market: string): Promise<FrameSet> {
  findVenue(venue, market);
  const frames: FrameSet['frames'] = [];
  for await (const batch of readFrames(file, new Problems())) {
    for (const { frame, receivedAt } of batch) frames.push({ frame, at: receivedAt });
  }
  return { label: file, venue, market, frames };
}

/** The real feed's mix where we have recordings of it, else what the simulated exchange says in the venue's words. */
export function generatedFrames(venue: string, market: string): FrameSet {
  checkGenerated(venue, market);
  if (market === 'spot' && venue === 'binance') return binanceFrames(GENERATED);
  if (venue === 'kraken') return krakenFrames(GENERATED);
  return rehearsedFrames(findDialect(venue, market) as Dialect, REHEARSED);
}

/** @throws {UserError} for a venue or market that is not known, or that nobody speaks for */
export function checkGenerated(venue: string, market: string): void {
  findVenue(venue, market);
  if (findDialect(venue, market)) return;
  throw new UserError(`no frames are generated for ${venue} ${market}: give a recording with --file`);
}

/** Frame to normalized events. */
export async function compareNormalize(set: FrameSet): Promise<NormalizeReport> {
  const input = await Input.of(set);
  const whole = [...input.frames.keys()];
  const compared = input.compare(whole, input.mapping(), FULL);
  const ccxt = input.seeded();
  for (const { frame } of input.frames) ccxt.read(frame);
  return {
    ...compared,
    events: input.events,
    agree: [...input.lastTrades].every(([symbol, id]) => ccxt.lastTradeId(symbol) === id),
    byKind: set.ofChannel ? await compareChannels(set.ofChannel) : compareKinds(input),
  };
}

async function compareChannels(
  ofChannel: NonNullable<FrameSet['ofChannel']>,
): Promise<NormalizeReport['byKind']> {
  const byKind: NormalizeReport['byKind'] = {};
  for (const [kind, channel] of Object.entries(CHANNEL_OF)) {
    const input = await Input.of(ofChannel(channel));
    byKind[kind] = input.compare([...input.frames.keys()], input.mapping(), BRIEF);
  }
  return byKind;
}

function compareKinds(input: Input): NormalizeReport['byKind'] {
  const kinds = [...new Set(input.kinds)].filter((kind) => kind !== 'other');
  return Object.fromEntries(
    kinds.map((kind) => [kind, input.compare(input.indexesOf(kind), input.mapping(), BRIEF)]),
  );
}

/** Frame to changed order book. */
export async function compareBook(set: FrameSet): Promise<BookReport> {
  const input = await Input.of(set.ofChannel?.('book') ?? set);
  const indexes = set.ofChannel ? [...input.frames.keys()] : input.indexesOf('book');
  if (indexes.length === 0) throw new UserError(`${set.label} has no order book frames`);
  const books = new Map<string, Book>();
  const read = input.applying(books)();
  const ccxt = input.seeded();
  for (const index of indexes) {
    const frame = input.frames[index] as Frame;
    read(frame);
    ccxt.read(frame.frame);
  }
  const held = [...books.values()];
  const sum = (count: (book: Book) => number) => held.reduce((total, book) => total + count(book), 0);
  const { checksum, ...withoutChecksum } = input.venue.book;
  const compared = input.compare(indexes, input.applying(), FULL);
  const unverified = checksum && input.compare(indexes, input.applying(undefined, withoutChecksum), BRIEF);
  return {
    ...compared,
    ...(unverified && { unverified: { ours: unverified.ours, timesCcxt: unverified.timesCcxt } }),
    updates: sum(({ counters }) => counters.updates),
    checksums: {
      ok: sum(({ counters }) => counters.checksums.ok),
      bad: sum(({ counters }) => counters.checksums.bad),
    },
    live: held.every(({ state }) => state === 'live'),
    agree: [...books].every(([symbol, book]) => {
      const { bids, asks } = book.top(COMPARED_LEVELS);
      const ours = { bids: numbers(bids, COMPARED_LEVELS), asks: numbers(asks, COMPARED_LEVELS) };
      return JSON.stringify(ours) === JSON.stringify(ccxt.top(symbol, COMPARED_LEVELS));
    }),
  };
}

type Frame = FrameSet['frames'][number];
/** A text of its own, as a socket gives it, and no view of a larger one. */
const asReceived = ({ frame, at }: Frame): Frame => ({ frame: Buffer.from(frame).toString(), at });

type Begin = () => (frame: Frame) => void;

/** The frames of the stream, what they say, and the REST books beside them. */
class Input {
  readonly venue: Venue;
  readonly frames: readonly Frame[];
  /** Of each frame: the type of its events, or `other`. */
  readonly kinds: string[] = [];
  events = 0;
  readonly lastTrades = new Map<string, string>();
  readonly #snapshots: { symbol: string; wireSymbol: string; body: { lastUpdateId?: number }; at: number }[];
  readonly #symbols = new Set<string>();
  readonly #opening: readonly Frame[];
  #createCcxt: () => CcxtReader = () => {
    throw new Error('not loaded');
  };

  static async of(set: FrameSet): Promise<Input> {
    const input = new Input(set);
    input.#createCcxt = (await ccxtReaders(input.venue, [...input.#symbols])).create;
    return input;
  }

  private constructor({ venue, market, opening = [], frames }: FrameSet) {
    this.venue = findVenue(venue, market);
    const isSnapshot = ({ frame }: Frame) => frame.startsWith('{"snapshot_for"');
    this.frames = frames.filter((frame) => !isSnapshot(frame)).map(asReceived);
    this.#snapshots = frames.filter(isSnapshot).map(({ frame, at }) => {
      const { snapshot_for: wireSymbol, body } = JSON.parse(frame);
      return { symbol: this.venue.unifiedSymbol(wireSymbol), wireSymbol, body, at };
    });
    this.#opening = opening;
    const mapper = this.#newMapper();
    for (const frame of this.frames) this.#learn(mapper, frame);
  }

  #learn(mapper: Mapper, { frame, at }: Frame) {
    const reading = mapper.read(frame, at);
    const events = reading.kind === 'events' ? reading.events : [];
    this.kinds.push(events[0]?.type ?? 'other');
    for (const event of events) {
      this.events++;
      this.#symbols.add(event.symbol);
      if (event.type === 'trade') this.lastTrades.set(event.symbol, event.id);
    }
  }

  /** Of the frames of this kind. */
  indexesOf(kind: string): number[] {
    return [...this.frames.keys()].filter((index) => this.kinds[index] === kind);
  }

  /** A ccxt reader that has the REST books already. */
  seeded(): CcxtReader {
    const reader = this.#createCcxt();
    for (const { symbol, body } of this.#snapshots) reader.seedBook(symbol, body);
    for (const { frame } of this.#opening) reader.read(frame);
    return reader;
  }

  mapping(): Begin {
    return () => {
      const mapper = this.#newMapper();
      return ({ frame, at }) => mapper.read(frame, at);
    };
  }

  #newMapper(): Mapper {
    const mapper = this.venue.createMapper();
    for (const { frame, at } of this.#opening) mapper.read(frame, at);
    return mapper;
  }

  /** Reads and applies to books, in `kept` when that is wanted. */
  applying(kept?: Map<string, Book>, rule: BookRule = this.venue.book): Begin {
    return () => {
      const mapper = this.venue.createMapper();
      const books = kept ?? new Map<string, Book>();
      const bookOf = (symbol: string) => {
        const book = books.get(symbol) ?? new Book(rule);
        books.set(symbol, book);
        return book;
      };
      for (const { symbol, wireSymbol, body, at } of this.#snapshots) {
        bookOf(symbol).apply(mapper.readSnapshot(wireSymbol, body, at));
      }
      const read = ({ frame, at }: Frame) => {
        const reading = mapper.read(frame, at);
        if (reading.kind !== 'events') return;
        for (const event of reading.events) if (event.type === 'book') bookOf(event.symbol).apply(event);
      };
      for (const frame of this.#opening) read(frame);
      return read;
    };
  }

  compare(indexes: readonly number[], ours: Begin, options: RaceOptions): Comparison {
    const frames = indexes.map((index) => this.frames[index] as Frame);
    const over = (read: (frame: Frame) => void) => (index: number) => read(frames[index] as Frame);
    const { rate, ratio } = race(
      [
        { name: 'ours', begin: () => over(ours()) },
        { name: 'jsonParse', begin: () => over(({ frame }) => JSON.parse(frame)) },
        { name: 'ccxt', begin: () => withCcxt(this.seeded(), over) },
      ],
      frames.length,
      options,
    );
    return {
      frames: frames.length,
      length: Math.round(frames.reduce((sum, { frame }) => sum + frame.length, 0) / frames.length),
      ours: rate('ours'),
      jsonParse: rate('jsonParse'),
      ccxt: rate('ccxt'),
      ofJsonParse: ratio('ours', 'jsonParse'),
      timesCcxt: ratio('ours', 'ccxt'),
    };
  }
}

const withCcxt = (
  reader: CcxtReader,
  over: (read: (frame: Frame) => void) => (index: number) => void,
): ((index: number) => void) => over(({ frame }) => reader.read(frame));
