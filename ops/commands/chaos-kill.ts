import { loadConfig } from '../../shared/config.ts';
import { killEach } from '../chaos/kill.ts';
import { wholeNumber } from '../whole-number.ts';

/**
 * Prints `{"kills","missing","duplicateRows","duplicateOrders",…}`; exit 1 when anything was lost or doubled.
 * Needs no running cluster and touches none: it makes one of its own in a temporary folder.
 */
export async function chaosKill(options: { json?: boolean; rate: string; rounds: string }): Promise<void> {
  const rate = wholeNumber('--rate', options.rate, 1, 50_000);
  const rounds = wholeNumber('--rounds', options.rounds, 1, 1_000);
  const report = await killEach(loadConfig(), {
    rate,
    rounds,
    say: (text) => process.stderr.write(`${text}\n`),
  });
  process.stdout.write(`${options.json ? JSON.stringify(report) : describe(report)}\n`);
  const { missing, wrong, duplicateRows, duplicateOrders, ledgerEqual } = report;
  if (missing + wrong + duplicateRows + duplicateOrders > 0 || !ledgerEqual) process.exitCode = 1;
}

function describe(report: Awaited<ReturnType<typeof killEach>>): string {
  const lines = [
    `${report.kills} kills while ${report.eventsPerSecond} trades/s flowed`,
    `${report.ledgerTrades} trades in the exchange's ledger: ${report.missing} missing, ${report.wrong} wrong, ${report.duplicateRows} rows twice`,
    `${report.orders} orders: ${report.duplicateOrders} twice; cash and positions ${report.ledgerEqual ? 'equal' : 'DIFFER FROM'} the fills`,
  ];
  const recoveries = Object.entries(report.recoveryMs).map(
    ([name, took]) => `  ${name}: ${took.join(', ')} ms`,
  );
  return [...lines, 'back at work after', ...recoveries].join('\n');
}
