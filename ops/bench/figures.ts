import type { RunResult } from './run.ts';
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

/** An event's way: when it was written to the socket (UTC ms) and how long until a look first saw its row (ms). */
export interface Way {
  sentAt: number;
  latency: number;
}

/** The way of every event of a run. */
export function waysOf({ writes, seen }: RunResult): Way[] {
  const ways: Way[] = [];
  const symbols = seen[0]?.newest.length ?? 0;
  for (let symbol = 0; symbol < symbols; symbol++) {
    let write = 0;
    let id = FIRST_ID;
    for (const { at, newest } of seen) {
      for (const last = newest[symbol] ?? 0; id <= last; id++) {
        while ((writes[write]?.[0] ?? Number.POSITIVE_INFINITY) < id) write++;
        const sentAt = writes[write]?.[1] ?? at;
        ways.push({ sentAt, latency: at - sentAt });
      }
    }
  }
  return ways;
}

export interface Latencies {
  events: number;
  p50: number;
  p99: number;
  max: number;
}

/** Figures in ms, to a tenth. */
export function latenciesOf(ways: readonly Way[]): Latencies {
  const sorted = Float64Array.from(ways, ({ latency }) => latency).sort();
  const at = (q: number) => quantile(sorted, q);
  return { events: ways.length, p50: at(0.5), p99: at(0.99), max: at(1) };
}

const quantile = (sorted: Float64Array, q: number): number =>
  Math.round((sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? 0) * 10) / 10;
