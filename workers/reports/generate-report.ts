import { DAY_MS, now } from '../../shared/clock.ts';
import { canMail } from '../../shared/config.ts';
import { addMail } from '../../shared/db/outbox.ts';
import { saveReport } from '../../shared/db/reports.ts';
import { Decimal } from '../../shared/domain/decimal.ts';
import { RejectError } from '../../shared/errors.ts';
import { mailJobId } from '../../shared/queue/job-ids.ts';
import type { Handler, TaskContext } from '../context.ts';
import { type DayFacts, gatherFacts } from './facts.ts';

const STEPS = 5;

/**
 * Makes the report of one UTC day and stores it in place of the one before; a day in progress is marked "so far".
 *
 * Without a day (the nightly run) it takes the day that ended last and mails it, once.
 * @throws {RejectError} for a day that has not begun
 */
export const generateReport: Handler<'generate_report'> = async ({ day: asked }, context) => {
  const asOf = now();
  const day = asked ?? new Date(asOf - DAY_MS).toISOString().slice(0, 10);
  if (Date.parse(`${day}T00:00:00Z`) >= asOf) throw new RejectError(`${day} has not begun yet`, 'day');

  const facts = await gatherFacts(context.sql, day, asOf, (done, note) =>
    context.progress(done, STEPS, `reading ${note}`),
  );
  await context.progress(4, STEPS, 'drawing');
  // Loaded when first needed: every pool reads this file at its start, and the charts take half a second.
  const { renderPage, titleOf } = await import('./page.ts');
  const { reportMail } = await import('./mail.ts');
  const title = titleOf(facts);
  const html = renderPage(facts);
  const summary = summaryOf(facts);
  const mail = asked === undefined ? reportMail(facts) : undefined;
  const { reportId, outboxId } = await context.sql.begin(async (tx) => ({
    reportId: (await saveReport(tx, { kind: 'daily', day, title, html, summary })).id,
    outboxId: mail && (await addMail(tx, mail)),
  }));
  if (outboxId) await sendLater(outboxId, context);
  await context.progress(STEPS, STEPS, 'stored');
  return { reportId, day, title, bytes: html.length, ...summary };
};

/** Mail that is not sent here is picked up by the sweep; without a mail server it stays readable in the outbox. */
async function sendLater(outboxId: number, { config, queues }: TaskContext): Promise<void> {
  if (!canMail(config)) return;
  await queues.enqueue('send_mail', { outboxId }, { id: mailJobId(outboxId) });
}

/** The figures for lists. */
function summaryOf(facts: DayFacts) {
  return {
    soFar: facts.soFar,
    simulated: facts.simulated,
    orders: facts.orders.length,
    signals: facts.signals.length,
    fills: facts.accounts.reduce((sum, account) => sum + account.fills.length, 0),
    trades: facts.tradesPerHour.reduce((sum, row) => sum + row.trades, 0),
    badFrames: facts.badFrames.reduce((sum, row) => sum + row.count, 0),
    failedTasks: facts.failedTasks.length,
    accounts: facts.accounts.map((account) => ({
      autopilot: account.autopilot,
      currency: account.currency,
      openingEquity: new Decimal(account.openingEquity).toFixed(2),
      closingEquity: new Decimal(account.closingEquity).toFixed(2),
      realizedPnl: account.realizedPnl,
      fees: account.fees,
    })),
  };
}
