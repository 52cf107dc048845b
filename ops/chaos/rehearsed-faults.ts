import type { MarketEvent } from '../../shared/domain/market.ts';
import type { Entry } from '../../shared/exchanges/entries.ts';
import { findVenue } from '../../shared/exchanges/venues.ts';
import { findDialect } from '../sim/dialects/index.ts';
import { symbolsOf } from '../sim/dialects/symbols.ts';
import { malformedFrames } from '../sim/malformed.ts';
import type { Market } from '../sim/market.ts';
import { type Random, seeded } from '../sim/random.ts';
import { Rehearsal, type Sent } from '../sim/rehearsal.ts';

const START = Date.UTC(2026, 0, 1);
const DEPTH = 50;
const RECENT = 6;

/** Faults of X1, X2, X3, X4 and X9 of one venue, each counted only where it changed something. */
export interface RehearsedFigures {
  /** One frame lost: seen at the next one. `invisible`: it changed nothing that the venue lets anyone check. */
  X1?: { lost: number; detected: number; invisible: number };
  /** A frame twice, or again later: nothing changes. `caught`: the book was made anew for it, never wrong. */
  X2?: { repeated: number; ignored: number; caught: number };
  /** A wrong size under a checksum. */
  X3?: { corrupted: number; detected: number };
  /** Lawful oddities, and those that passed for a gap. */
  X4?: { played: number; falseResyncs: number };
  /** Frames that are none. `accepted`: a tampered one that still made sense; `insane`: an event that does not. */
  X9?: { frames: number; refused: number; accepted: number; insane: number };
  /** Comparisons of a live book with the engine's, and those that were wrong. */
  checkpoints: number;
  wrong: number;
}

export type RehearsedFault = 'X1' | 'X2' | 'X3' | 'X4' | 'X9';

/** Plays `rounds` of each fault to one venue's adapter and books, without a socket; thrown errors are crashes. */
export function rehearse(
  entry: Entry,
  faults: ReadonlySet<string>,
  { rounds, seed }: { rounds: number; seed: number },
): RehearsedFigures {
  const trial = new Trial(entry, seed);
  if (faults.has('X1')) trial.loseFrames(rounds);
  if (faults.has('X2')) trial.repeatFrames(rounds);
  if (faults.has('X3')) trial.corruptSizes(rounds);
  if (faults.has('X4')) trial.playQuirks(rounds);
  if (faults.has('X9')) trial.malform(rounds);
  return trial.figures;
}

class Trial {
  readonly figures: RehearsedFigures = { checkpoints: 0, wrong: 0 };
  readonly #run: Rehearsal;
  readonly #random: Random;
  readonly #market: Market;
  /** How deep the venue lets us prove a book: by its numbers all of it, by a checksum alone what that covers. */
  readonly #depth: number;

  constructor({ venue: name, market }: Entry, seed: number) {
    const venue = findVenue(name, market);
    const dialect = findDialect(name, market);
    if (!dialect) throw new Error(`the simulated exchange does not speak ${name} ${market}`);
    const symbols = symbolsOf(dialect, ['BTC']);
    const subscriptions = symbols.flatMap((symbol) =>
      (['trades', 'book', 'quotes'] as const).map((channel) => ({ channel, symbol })),
    );
    this.#random = seeded(seed, name, market);
    this.#run = new Rehearsal(dialect, venue, { symbols, subscriptions, seed, startTs: START });
    this.#market = this.#run.markets[0] as Market;
    const { follows, checksum } = venue.book;
    this.#depth = follows || !checksum ? DEPTH : checksum.levels;
    for (const frame of this.#run.open()) this.#take(frame);
    this.#settle();
  }

  loseFrames(rounds: number): void {
    const seen = { lost: 0, detected: 0, invisible: 0 };
    this.figures.X1 = seen;
    while (seen.lost < rounds && seen.invisible < 50 * rounds) {
      const { frames, lost } = this.#stepUntilBook((all) => this.#without(all));
      for (const frame of frames) this.#take(frame);
      if (!lost) continue;
      const isSeen = this.#isSeenAtNext();
      if (isSeen) {
        seen.lost++;
        seen.detected++;
      } else if (this.#isTrue()) seen.invisible++;
      else {
        seen.lost++;
        this.figures.wrong++;
      }
      this.#renew();
    }
  }

  repeatFrames(rounds: number): void {
    const seen = { repeated: 0, ignored: 0, caught: 0 };
    this.figures.X2 = seen;
    // A checksum alone can't tell an older state of the book from this one: there, only the newest comes again.
    const most = this.#run.venue.book.follows ? RECENT : 1;
    const recent: Sent[] = [];
    while (seen.repeated < rounds) {
      const frames = this.#run.step();
      for (const frame of frames) this.#take(frame);
      recent.push(...frames.filter(({ kind }) => kind === 'book'));
      recent.splice(0, recent.length - most);
      const again = recent[Math.floor(this.#random.next() * recent.length)];
      if (!again || !this.#isLive()) {
        this.#settle();
        continue;
      }
      seen.repeated++;
      const isTrue = this.#isTrue();
      this.#take(again);
      if (this.#isLive() && this.#isTrue() === isTrue) seen.ignored++;
      else if (this.#isLive()) this.figures.wrong++;
      else {
        seen.caught++;
        recent.length = 0;
        this.#renew();
      }
    }
  }

  /** Only where the venue has a checksum; elsewhere a wrong size is known to nobody but the venue. */
  corruptSizes(rounds: number): void {
    if (!this.#run.venue.book.checksum) return;
    const seen = { corrupted: 0, detected: 0 };
    this.figures.X3 = seen;
    for (const { session } of this.#run.lines) session.corruptEvery = 7;
    while (seen.corrupted < rounds) {
      const before = this.#corrupted();
      for (const frame of this.#run.step()) this.#take(frame);
      if (this.#corrupted() === before) {
        this.#settle();
        continue;
      }
      seen.corrupted++;
      if (this.#isLive() && !this.#isTrue()) this.figures.wrong++;
      else seen.detected++;
      this.#renew();
    }
    for (const { session } of this.#run.lines) session.corruptEvery = 0;
    this.#renew();
  }

  playQuirks(rounds: number): void {
    const quirks = this.#run.lines.flatMap((line) => line.session.quirks.map((name) => ({ line, name })));
    if (quirks.length === 0) return;
    const seen = { played: 0, falseResyncs: 0 };
    this.figures.X4 = seen;
    for (const { line, name } of quirks) {
      for (let round = 0; round < rounds; round++) {
        const gaps = this.#gaps();
        const frames = line.session.quirk(name, this.#run.ts);
        for (const frame of frames) this.#take({ ...frame, line });
        for (let step = 0; step < 4; step++) for (const frame of this.#run.step()) this.#take(frame);
        if (frames.length > 0) seen.played++;
        if (this.#gaps() > gaps || !this.#isLive()) seen.falseResyncs++;
        this.#check();
        this.#settle();
      }
    }
  }

  malform(rounds: number): void {
    const samples: Sent[] = [];
    while (samples.length < 100) samples.push(...this.#run.step());
    const seen = { frames: 0, refused: 0, accepted: 0, insane: 0 };
    this.figures.X9 = seen;
    for (const line of this.#run.lines) {
      const texts = samples.filter((frame) => frame.line === line).map(({ text }) => text);
      const mapper = this.#run.venue.createMapper([this.#market.listing.symbol]);
      for (const text of malformedFrames(texts, Math.ceil(rounds / this.#run.lines.length), this.#random)) {
        const reading = this.#run.read({ ...line, mapper }, text);
        seen.frames++;
        if (!reading) seen.refused++;
        else if (reading.kind === 'events') {
          seen.accepted++;
          if (!reading.events.every(isSane)) seen.insane++;
        }
      }
    }
    if (({} as { polluted?: unknown }).polluted !== undefined) seen.insane++;
  }

  #take(frame: Sent): void {
    const reading = this.#run.take(frame);
    const control = reading && reading.kind !== 'ignored' ? reading.control : undefined;
    if (control?.type === 'reconnect') this.#mustReconnect.add(frame.line);
  }

  readonly #mustReconnect = new Set<Sent['line']>();

  /** Steps until a frame tells of the book, then lets `bend` take one away. */
  #stepUntilBook(bend: (frames: Sent[]) => Sent[]): { frames: Sent[]; lost: boolean } {
    const frames = this.#run.step();
    const isDue = frames.some(({ kind }) => kind === 'book') && this.#isLive();
    const bent = isDue ? bend(frames) : frames;
    return { frames: bent, lost: bent.length < frames.length };
  }

  #without(frames: Sent[]): Sent[] {
    const books = frames.filter(({ kind }) => kind === 'book');
    const lost = books[Math.floor(this.#random.next() * books.length)];
    return frames.filter((frame) => frame !== lost);
  }

  /** Whether the book has lost its word by the next frame of it. */
  #isSeenAtNext(): boolean {
    if (!this.#isLive()) return true;
    for (;;) {
      const frames = this.#run.step();
      for (const frame of frames) this.#take(frame);
      if (!this.#isLive()) return true;
      if (frames.some(({ kind }) => kind === 'book')) return false;
    }
  }

  /** A whole book, wherever it stands, and the book true again. */
  #renew(): void {
    if (this.#mustReconnect.size === 0) for (const frame of this.#run.resync(this.#market)) this.#take(frame);
    this.#settle();
    this.#check();
  }

  /** Steps on until the book is live and nothing is left to be made anew. */
  #settle(): void {
    for (let patience = 0; patience < 400; patience++) {
      for (const line of [...this.#mustReconnect]) {
        this.#mustReconnect.delete(line);
        for (const frame of this.#run.reconnect(line)) this.#take(frame);
      }
      if (this.#isLive() && this.#mustReconnect.size === 0) return;
      for (const frame of this.#run.step()) this.#take(frame);
      if (!this.#isLive() && patience % 4 === 3 && this.#mustReconnect.size === 0) {
        for (const frame of this.#run.resync(this.#market)) this.#take(frame);
      }
    }
    throw new Error(`the book of ${this.#run.venue.label} did not come back`);
  }

  /** Compares the live book with the engine's at its next frame. */
  #check(): void {
    for (let step = 0; step < 8; step++) {
      const frames = this.#run.step();
      for (const frame of frames) this.#take(frame);
      if (!this.#isLive() || !frames.some(({ kind }) => kind === 'book')) continue;
      this.figures.checkpoints++;
      if (!this.#isTrue()) this.figures.wrong++;
      return;
    }
  }

  #isTrue(): boolean {
    const held = this.#book?.top(this.#depth);
    return JSON.stringify(held) === JSON.stringify(this.#run.truth(this.#market, this.#depth));
  }

  #isLive = () => this.#book?.state === 'live';
  #gaps = () => this.#book?.counters.gaps ?? 0;
  #corrupted = () =>
    this.#run.lines
      .flatMap(({ session }) => session.views)
      .reduce((sum, { corrupted }) => sum + corrupted, 0);

  get #book() {
    return this.#run.books.get(this.#market.listing.symbol);
  }
}

const PLAIN = /^-?(0|[1-9]\d*)(\.\d*[1-9])?$/;

/** Every amount a plain decimal and a time that can be: what the archive would take. */
function isSane(event: MarketEvent): boolean {
  if (!Number.isSafeInteger(event.ts)) return false;
  if (event.type === 'trade') return PLAIN.test(event.price) && PLAIN.test(event.size);
  if (event.type === 'book') return [...event.bids, ...event.asks].flat().every((text) => PLAIN.test(text));
  return true;
}
