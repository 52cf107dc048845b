import type { RunResult } from './run.ts';
import type { Seen } from './watch.ts';
import { FIRST_ID } from './wire.ts';

/** Smallest, middle and largest of some windows: how noisy the machine was. */
export interface Spread {
  min: number;
  median: number;
  max: number;
}

export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (fraction: number) => Math.round(sorted[Math.floor((sorted.length - 1) * fraction)] ?? 0);
  return { min: at(0), median: at(0.5), max: at(1) };
}

export const rateOf = ({ committed, elapsedMs }: RunResult): number =>
  Math.round(committed / (elapsedMs / 1000));

/** Events committed in each whole second of a run, its first and last left out. */
export function ratesBySecond({ seen }: RunResult): number[] {
  const rates: number[] = [];
  let from = seen.find(({ committed }) => committed > 0);
  for (const look of seen) {
    if (!from || look.at - from.at < 1000) continue;
    rates.push((look.committed - from.committed) / ((look.at - from.at) / 1000));
    from = look;
  }
  return rates.slice(1, -1);
}

/**
 * Milliseconds from the write to the socket to the look that first saw the row, of every event of a run that was
 * written after `warmUpMs`.
 */
export function latenciesOf({ writes, seen }: RunResult, warmUpMs: number): Float64Array {
  const symbols = seen[0]?.newest.length ?? 0;
  const countFrom = (writes[0]?.[1] ?? 0) + warmUpMs;
  const latencies: number[] = [];
  for (let symbol = 0; symbol < symbols; symbol++) {
    let write = 0;
    let id = FIRST_ID;
    for (const { at, newest } of seen) {
      for (const last = (newest as number[])[symbol] as number; id <= last; id++) {
        while (((writes[write] as [number, number])?.[0] ?? Number.POSITIVE_INFINITY) < id) write++;
        const sentAt = (writes[write] as [number, number])[1];
        if (sentAt >= countFrom) latencies.push(at - sentAt);
      }
    }
  }
  return Float64Array.from(latencies).sort();
}

export const quantile = (sorted: Float64Array, q: number): number =>
  Math.round((sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? 0) * 10) / 10;

export type { Seen };
