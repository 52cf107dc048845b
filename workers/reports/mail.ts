import { createRequire } from 'node:module';
import { Resvg } from '@resvg/resvg-js';
import type { NewMail } from '../../shared/db/outbox.ts';
import { equityChart } from './charts.ts';
import type { DayFacts } from './facts.ts';
import { count, money, signed } from './format.ts';
import { Html, html } from './html.ts';
import type { AccountDay } from './ledger.ts';
import { titleOf } from './page.ts';
import { INK } from './palette.ts';

/** Twice the size at which mail shows it, for sharp screens. */
const PNG_WIDTH = 1_280;

/**
 * The mail of an ended day; its key makes it the only one. Mail programs drop SVG, so charts are PNG: as data URLs
 * here, which the sender turns into inline attachments (`cid:`).
 */
export function reportMail(facts: DayFacts): NewMail {
  const title = titleOf(facts);
  return {
    key: `report:${facts.day}`,
    kind: 'report',
    subject: `Millrace: ${title}`,
    body: [title, '', ...facts.accounts.map(accountLine), activityLine(facts), ''].join('\n'),
    html: mailPage(title, facts),
  };
}

const accountLine = (account: AccountDay) =>
  `${account.autopilot}: equity ${money(account.closingEquity)} ${account.currency} (${signed(
    account.closingEquity - account.openingEquity,
  )}), realised ${signed(account.realizedPnl)}, fees ${money(account.fees)}`;

function activityLine({ orders, signals, failedTasks, tradesPerHour }: DayFacts): string {
  const trades = tradesPerHour.reduce((sum, row) => sum + row.trades, 0);
  return `${count(orders.length)} orders, ${count(signals.length)} signals, ${count(trades)} trades archived, ${count(failedTasks.length)} failed tasks. The full report is in the console.`;
}

function mailPage(title: string, facts: DayFacts): string {
  const font = 'font-family:Inter,Helvetica,Arial,sans-serif';
  const cell = 'padding:6px 18px 6px 0;font-size:14px';
  return html`<!doctype html><html lang="en"><body style="margin:0;padding:24px;background:#f4f6f8;color:${INK.text};${font}">
<div style="max-width:640px;margin:0 auto;background:#fff;padding:28px;border-radius:10px">
<h1 style="font-size:21px;margin:0 0 18px;${font}">${title}</h1>
${facts.accounts.map(
  (
    account,
  ) => html`<h2 style="font-size:16px;margin:18px 0 6px;${font}">${account.autopilot}, ${account.currency}</h2>
<table style="border-collapse:collapse;${font}"><tr>
<td style="${cell}">Equity<br><b>${money(account.closingEquity)}</b></td>
<td style="${cell}">Change<br><b>${signed(account.closingEquity - account.openingEquity)}</b></td>
<td style="${cell}">Realised<br><b>${signed(account.realizedPnl)}</b></td>
<td style="${cell}">Fees<br><b>${money(account.fees)}</b></td></tr></table>
<img alt="Equity through the day" width="584" style="display:block;width:100%;max-width:584px" src="${new Html(pngDataUrl(equityChart(account)))}">`,
)}
<p style="font-size:14px;line-height:1.5;margin:18px 0 0;${font}">${activityLine(facts)}</p>
</div></body></html>`.text;
}

/** Draws with the font we bring: a server may have none. */
function pngDataUrl(svg: string): string {
  const require = createRequire(import.meta.url);
  const png = new Resvg(svg, {
    background: '#ffffff',
    fitTo: { mode: 'width', value: PNG_WIDTH },
    font: {
      loadSystemFonts: false,
      fontFiles: [require.resolve('@expo-google-fonts/inter/400Regular/Inter_400Regular.ttf')],
      defaultFontFamily: 'Inter',
    },
  }).render();
  return `data:image/png;base64,${png.asPng().toString('base64')}`;
}
