import { now } from '../../shared/clock.ts';
import { residentBytes } from './memory.ts';

const MS_PER_HOUR = 3_600_000;

/** How a process's resident memory went, in MB; the slope in MB an hour, by least squares. */
export interface MemoryTrend {
  mean: number;
  max: number;
  slopePerHour: number;
}

/** Samples of the memory of some processes of this machine. */
export class MemoryLog {
  readonly #pids: Readonly<Record<string, number>>;
  readonly #samples: { at: number; mb: Record<string, number> }[] = [];

  constructor(pids: Readonly<Record<string, number>>) {
    this.#pids = pids;
  }

  sample(): void {
    const mb = Object.fromEntries(
      Object.entries(this.#pids).map(([name, pid]) => [name, residentBytes(pid) / 2 ** 20]),
    );
    this.#samples.push({ at: now(), mb });
  }

  /** Of the samples from `since` (UTC ms) on. */
  trends(since: number): Record<string, MemoryTrend> {
    const samples = this.#samples.filter(({ at }) => at >= since);
    return Object.fromEntries(
      Object.keys(this.#pids).map((name) => {
        const points = samples.map(({ at, mb }) => [at / MS_PER_HOUR, mb[name] ?? 0] as const);
        const values = points.map(([, mb]) => mb);
        return [
          name,
          { mean: round(mean(values)), max: round(Math.max(...values)), slopePerHour: round(slope(points)) },
        ];
      }),
    );
  }
}

/** Of the line with the least squared distance to the points. */
export function slope(points: readonly (readonly [x: number, y: number])[]): number {
  const [x, y] = [mean(points.map(([at]) => at)), mean(points.map(([, value]) => value))];
  const spread = points.reduce((sum, [at]) => sum + (at - x) ** 2, 0);
  return spread === 0 ? 0 : points.reduce((sum, [at, value]) => sum + (at - x) * (value - y), 0) / spread;
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
const round = (value: number) => Math.round(value * 10) / 10;
