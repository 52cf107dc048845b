import { UserError } from '../../shared/errors.ts';
import { withServers } from '../bench/bench.ts';
import { latenciesOf, quantile, spreadOf } from '../bench/figures.ts';
import { measure, millrace } from '../bench/run.ts';
import { writeOut } from '../output.ts';
import { readSeconds } from './bench-ingest.ts';

const LOOK_MS = 2;
/** The first seconds pay for cold caches and code. */
const WARM_UP_MS = 3_000;
const WINDOWS = 3;

interface Window {
  p50: number;
  p99: number;
  max: number;
  events: number;
}

/**
 * `millrace bench latency`: milliseconds from the write to the socket to the row that another connection sees, at a
 * fixed rate, over several windows.
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
  const report = await withServers(async (servers, say, empty) => {
    const windows: Window[] = [];
    for (let window = 1; window <= WINDOWS; window++) {
      say(`window ${window} of ${WINDOWS}: ${seconds} s at ${eventsPerSecond} events/s`);
      const run = { seconds: seconds / WINDOWS + WARM_UP_MS / 1000, eventsPerSecond, watchEveryMs: LOOK_MS };
      const latencies = latenciesOf(await measure(servers, millrace, run), WARM_UP_MS);
      windows.push({
        p50: quantile(latencies, 0.5),
        p99: quantile(latencies, 0.99),
        max: quantile(latencies, 1),
        events: latencies.length,
      });
      await empty();
    }
    const median = (name: 'p50' | 'p99' | 'max') =>
      spreadOf(windows.map((window) => window[name] * 10)).median / 10;
    return {
      eventsPerSecond,
      p50: median('p50'),
      p99: median('p99'),
      max: median('max'),
      unit: 'ms',
      windows,
      durability: servers.durability,
    };
  });
  const { p50, p99, max, windows } = report;
  const noise = windows.map((window) => window.p99).join(', ');
  const words = `p50 ${p50} ms, p99 ${p99} ms, slowest ${max} ms at ${eventsPerSecond} events/s (p99 by window: ${noise})`;
  await writeOut(`${options.json ? JSON.stringify(report) : words}\n`);
}
