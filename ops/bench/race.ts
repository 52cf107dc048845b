import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { type Spread, spreadOf } from './figures.ts';

/** One way to read frames. `begin` makes a fresh reader, off the clock. */
export interface Reader {
  name: string;
  begin(): (index: number) => void;
}

export interface Rate {
  /** Frames per second of processor time: the median of the rounds, with their spread. */
  framesPerSecond: number;
  rounds: Spread;
}

export interface RaceOptions {
  rounds: number;
  /** Least ms of each reader before the first round, for the compiler to find what is hot. */
  warmMs: number;
  /** Least ms on the clock of each reader in each round. */
  roundMs: number;
}

/**
 * Runs readers over the same frames, in turns, so that a busy machine slows all of them alike.
 * `ratio(a, b)` is the median over the rounds of a's rate by b's.
 */
export function race(readers: readonly Reader[], frames: number, { warmMs, rounds, roundMs }: RaceOptions) {
  const rates = new Map<string, number[]>(readers.map(({ name }) => [name, []]));
  for (const reader of readers) timeOf(reader, frames, warmMs);
  for (let round = 0; round < rounds; round++) {
    for (const reader of readers) rates.get(reader.name)?.push(timeOf(reader, frames, roundMs));
  }
  const of = (name: string) => rates.get(name) ?? [];
  return {
    rate: (name: string): Rate => {
      const rounds = spreadOf(of(name));
      return { framesPerSecond: rounds.median, rounds };
    },
    ratio: (name: string, reference: string): number => {
      const ratios = of(name).map((rate, round) => rate / (of(reference)[round] ?? Number.NaN));
      const middle = ratios.sort((a, b) => a - b)[Math.floor(ratios.length / 2)] ?? Number.NaN;
      return Math.round(middle * 100) / 100;
    },
  };
}

/**
 * Frames per second of whole passes, each from a fresh reader, until enough time was on the clock: the processor's
 * own, which stands still while other processes have it.
 */
function timeOf(reader: Reader, frames: number, leastMs: number): number {
  collectGarbage();
  let passes = 0;
  let onTheClock = 0;
  while (onTheClock < leastMs) {
    const read = reader.begin();
    latest.set(reader, read);
    const from = process.cpuUsage();
    for (let index = 0; index < frames; index++) read(index);
    const { user, system } = process.cpuUsage(from);
    onTheClock += (user + system) / 1000;
    passes++;
  }
  return (passes * frames * 1000) / onTheClock;
}

/**
 * One of each reader lives on between its rounds, as a connection's does: once the last of its kind is collected, the
 * engine throws away what it compiled for it, and the next round would measure the compiler.
 */
const latest = new WeakMap<Reader, unknown>();

/** So that nobody's clock pays for what another reader left behind. */
function collectGarbage() {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
}
