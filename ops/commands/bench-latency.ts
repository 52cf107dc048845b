import { UserError } from '../../shared/errors.ts';
import { withServers } from '../bench/bench.ts';
import { type Latencies, latenciesOf, waysOf } from '../bench/figures.ts';
import { measure, millrace, type RunResult } from '../bench/run.ts';
import { writeOut } from '../output.ts';
import { readSeconds } from './bench-ingest.ts';

const LOOK_MS = 3;
/** The first seconds pay for cold caches and code. */
const WARM_UP_S = 5;
const WINDOWS = 5;

/**
 * `millrace bench latency`: milliseconds from the write to the socket to the row that another connection sees, at a
 * fixed rate. `p50` and `p99` are the medians of several windows; all windows, and all events together, stand beside.
 */
export async function benchLatency(options: {
  json?: boolean;
  rate: string;
  seconds: string;
}): Promise<void> {
  const seconds = readSeconds(options.seconds);
  const eventsPerSecond = Number(options.rate);
  if (!(eventsPerSecond >= 100 && eventsPerSecond <= 1_000_000)) {
    throw new UserError(`--rate ${options.rate} is not valid: it must be a number from 100 to 1000000`);
  }
  const report = await withServers(async (servers, say) => {
    say(`${seconds} s at ${eventsPerSecond} events/s, after ${WARM_UP_S} s to warm up`);
    const run = { seconds: seconds + WARM_UP_S, eventsPerSecond, watchEveryMs: LOOK_MS };
    const result = await measure(servers, millrace, run);
    const { windows, all } = inWindows(result, seconds);
    return {
      eventsPerSecond,
      p50: middle(windows.map(({ p50 }) => p50)),
      p99: middle(windows.map(({ p99 }) => p99)),
      unit: 'ms',
      all,
      windows,
      missing: result.sent - result.committed,
      durability: servers.durability,
    };
  });
  const { p50, p99, all, windows } = report;
  const noise = windows.map((window) => window.p99).join(', ');
  const words = `p50 ${p50} ms, p99 ${p99} ms at ${eventsPerSecond} events/s (p99 by window: ${noise}; of all: ${all.p99}, slowest ${all.max})`;
  await writeOut(`${options.json ? JSON.stringify(report) : words}\n`);
}

/** The time after the warm-up in equal parts, by when an event was sent. */
function inWindows(result: RunResult, seconds: number): { windows: Latencies[]; all: Latencies } {
  const from = (result.writes[0]?.[1] ?? 0) + WARM_UP_S * 1000;
  const ways = waysOf(result).filter(({ sentAt }) => sentAt >= from);
  const lengthMs = (seconds * 1000) / WINDOWS;
  const windows = Array.from({ length: WINDOWS }, (_, window) =>
    latenciesOf(ways.filter(({ sentAt }) => Math.floor((sentAt - from) / lengthMs) === window)),
  );
  return { windows, all: latenciesOf(ways) };
}

const middle = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
