import { soak } from '../chaos/soak.ts';
import { wholeNumber } from '../whole-number.ts';

/** Prints `{"trades","missing","openGaps","memory",…}`; exit 1 when anything is missing, open or growing. */
export async function chaosSoak(options: {
  json?: boolean;
  minutes: string;
  venues: string;
  symbols: string;
}): Promise<void> {
  const report = await soak({
    minutes: wholeNumber('--minutes', options.minutes, 1, 10_080),
    venues: wholeNumber('--venues', options.venues, 1, 64),
    symbols: wholeNumber('--symbols', options.symbols, 1, 100),
    say: (text) => process.stderr.write(`${text}\n`),
  });
  process.stdout.write(`${JSON.stringify(report, undefined, options.json ? undefined : 2)}\n`);
  if (report.missing + report.duplicates + report.openGaps > 0 || !report.flat) process.exitCode = 1;
}
