import type { MarketEvent } from '../../shared/domain/market.ts';
import type { Entry } from '../../shared/exchanges/entries.ts';
import { malformedFrames } from '../sim/malformed.ts';
import type { Sent } from '../sim/rehearsal.ts';
import type { FaultCounts } from './fault-counts.ts';
import { isOfBook, Trial } from './trial.ts';

/** How many of the newest frames of a book may come again. */
const RECENT = 6;
/** Every so many changes one size is told wrong. */
const CORRUPT_EVERY = 7;

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

/** Plays each fault so often to one venue's adapter and books, without a socket; thrown errors are crashes. */
export function rehearse(
  entry: Entry,
  faults: ReadonlySet<string>,
  { counts, seed }: { counts: Pick<FaultCounts, 'X1' | 'X2' | 'X3' | 'X4' | 'X9'>; seed: number },
): RehearsedFigures {
  const trial = new Trial(entry, seed);
  const X1 = faults.has('X1') ? loseFrames(trial, counts.X1) : undefined;
  const X2 = faults.has('X2') ? repeatFrames(trial, counts.X2) : undefined;
  const X3 = faults.has('X3') ? corruptSizes(trial, counts.X3) : undefined;
  const X4 = faults.has('X4') ? playQuirks(trial, counts.X4) : undefined;
  const X9 = faults.has('X9') ? malform(trial, counts.X9) : undefined;
  return {
    ...(X1 && { X1 }),
    ...(X2 && { X2 }),
    ...(X3 && { X3 }),
    ...(X4 && { X4 }),
    ...(X9 && { X9 }),
    ...trial.seen,
  };
}

/** X1: one frame of a live book is left out; where the next one does not show it, the book must still be true. */
function loseFrames(trial: Trial, rounds: number) {
  const seen = { lost: 0, detected: 0, invisible: 0 };
  while (seen.lost < rounds && seen.invisible < 50 * rounds) {
    const frames = trial.run.step();
    const books = frames.filter(isOfBook);
    const lost = trial.isLive ? books[Math.floor(trial.random.next() * books.length)] : undefined;
    trial.take(frames.filter((frame) => frame !== lost));
    if (!lost) continue;
    if (trial.isBreakSeen()) {
      seen.lost++;
      seen.detected++;
    } else if (trial.isTrue()) seen.invisible++;
    else {
      seen.lost++;
      trial.seen.wrong++;
    }
    trial.renew();
  }
  return seen;
}

/** X2: a frame comes again, at once or later. */
function repeatFrames(trial: Trial, rounds: number) {
  const seen = { repeated: 0, ignored: 0, caught: 0 };
  // A checksum alone can't tell an older state of the book from this one: there, only the newest comes again.
  const most = trial.run.venue.book.follows ? RECENT : 1;
  const recent: Sent[] = [];
  while (seen.repeated < rounds) {
    recent.push(...trial.step().filter(isOfBook));
    recent.splice(0, recent.length - most);
    const again = recent[Math.floor(trial.random.next() * recent.length)];
    if (!again || !trial.isLive) {
      trial.settle();
      continue;
    }
    seen.repeated++;
    const isTrue = trial.isTrue();
    trial.take([again]);
    if (trial.isLive && trial.isTrue() === isTrue) seen.ignored++;
    else if (trial.isLive) trial.seen.wrong++;
    else {
      seen.caught++;
      recent.length = 0;
      trial.renew();
    }
  }
  return seen;
}

/** X3, where the venue has a checksum; elsewhere a wrong size is known to nobody but the venue. */
function corruptSizes(trial: Trial, rounds: number) {
  if (!trial.run.venue.book.checksum) return undefined;
  const seen = { corrupted: 0, detected: 0 };
  const corruptEvery = (count: number) => {
    for (const { session } of trial.run.lines) session.corruptEvery = count;
  };
  corruptEvery(CORRUPT_EVERY);
  while (seen.corrupted < rounds) {
    const before = trial.corrupted;
    trial.step();
    if (trial.corrupted === before) {
      trial.settle();
      continue;
    }
    seen.corrupted++;
    if (trial.isLive && !trial.isTrue()) trial.seen.wrong++;
    else seen.detected++;
    trial.renew();
  }
  corruptEvery(0);
  trial.renew();
  return seen;
}

/** X4: what looks like a break and is none. */
function playQuirks(trial: Trial, rounds: number) {
  const { lines } = trial.run;
  const quirks = lines.flatMap((line) => line.session.quirks.map((name) => ({ line, name })));
  if (quirks.length === 0) return undefined;
  const seen = { played: 0, falseResyncs: 0 };
  for (const { line, name } of quirks) {
    for (let round = 0; round < rounds; round++) {
      const { gaps } = trial;
      const frames = line.session.quirk(name, trial.run.ts);
      trial.take(frames.map((frame) => ({ ...frame, line })));
      for (let step = 0; step < 4; step++) trial.step();
      if (frames.length > 0) seen.played++;
      if (trial.gaps > gaps || !trial.isLive) seen.falseResyncs++;
      trial.check();
      trial.settle();
    }
  }
  return seen;
}

/** X9: before each frame of a stream one that is none, or the same with one value of another kind. */
function malform(trial: Trial, rounds: number) {
  const { run, random } = trial;
  const seen = { frames: 0, refused: 0, accepted: 0, insane: 0 };
  for (const line of run.lines) {
    for (const { text } of run.reconnect(line)) run.read(line, text);
    const stream = textsOf(trial, line);
    let good = '';
    const next = () => {
      good = stream.next().value;
      return good;
    };
    for (const text of malformedFrames(next, Math.ceil(rounds / run.lines.length), random)) {
      const reading = run.read(line, text);
      run.read(line, good);
      seen.frames++;
      if (!reading) seen.refused++;
      else if (reading.kind === 'events') {
        seen.accepted++;
        if (!reading.events.every(isSane)) seen.insane++;
      }
    }
  }
  if (({} as { polluted?: unknown }).polluted !== undefined) seen.insane++;
  return seen;
}

/** What the venue goes on saying on one line. */
function* textsOf({ run }: Trial, line: Sent['line']): Generator<string, never> {
  for (;;) for (const frame of run.step()) if (frame.line === line) yield frame.text;
}

const PLAIN = /^-?(0|[1-9]\d*)(\.\d*[1-9])?$/;

/** Every amount a plain decimal and a time that can be: what the archive would take. */
function isSane(event: MarketEvent): boolean {
  if (!Number.isSafeInteger(event.ts)) return false;
  if (event.type === 'trade') return PLAIN.test(event.price) && PLAIN.test(event.size);
  if (event.type === 'book') return [...event.bids, ...event.asks].flat().every((text) => PLAIN.test(text));
  return true;
}
