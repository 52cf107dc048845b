import { loadConfig } from '../../shared/config.ts';
import { type OutageReport, takeServersAway } from '../chaos/outage.ts';
import { wholeNumber } from '../whole-number.ts';

/**
 * Prints `{"missing","duplicateRows","openGaps","outages":[{"what","downSeconds","drainedSeconds","peakMb"}],…}`; exit
 * 1 when anything was lost or doubled. Needs no running cluster and touches none.
 */
export async function chaosOutage(options: {
  json?: boolean;
  rate: string;
  redis: string;
  postgres: string;
}): Promise<void> {
  const report = await takeServersAway(loadConfig(), {
    rate: wholeNumber('--rate', options.rate, 1, 50_000),
    redisSeconds: wholeNumber('--redis', options.redis, 0, 86_400),
    postgresSeconds: wholeNumber('--postgres', options.postgres, 0, 86_400),
    say: (text) => process.stderr.write(`${text}\n`),
  });
  process.stdout.write(`${options.json ? JSON.stringify(report) : describe(report)}\n`);
  const { missing, wrong, duplicateRows, duplicateOrders, ledgerEqual, openGaps } = report;
  if (missing + wrong + duplicateRows + duplicateOrders + openGaps > 0 || !ledgerEqual) process.exitCode = 1;
}

function describe(report: OutageReport): string {
  return [
    `${report.ledgerTrades} trades at ${report.eventsPerSecond}/s: ${report.missing} missing, ${report.wrong} wrong, ${report.duplicateRows} rows twice, ${report.openGaps} open gaps`,
    ...report.outages.map(
      ({ what, downSeconds, trades, drainedSeconds, peakMb }) =>
        `${what} away for ${downSeconds} s (${trades} trades): drained after ${drainedSeconds} s; peaks in MB: ${Object.entries(
          peakMb,
        )
          .map(([name, mb]) => `${name} ${mb}`)
          .join(', ')}`,
    ),
  ].join('\n');
}
