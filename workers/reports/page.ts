import type { DayFacts } from './facts.ts';
import { longDay, time } from './format.ts';
import { Html, html } from './html.ts';
import { feedSection, tasksSection } from './sections-cluster.ts';
import { accountsSection, ordersSection, signalsSection } from './sections-trading.ts';
import { STYLE } from './style.ts';

/** A day's report as one self-contained page: no script, nothing fetched from elsewhere. */
export function renderPage(facts: DayFacts): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${titleOf(facts)}</title>
<style>${new Html(STYLE)}</style>
</head>
<body>
<main>
<header>
  <div><div class="brand">Millrace · Daily report</div><h1>${longDay(facts.day)}</h1></div>
  <div class="meta"><div class="badges">${badges(facts)}</div>${coverage(facts)}</div>
</header>
${
  facts.simulated &&
  html`<p class="notice"><b>Simulated market.</b> Prices marked <i>sim</i> come from the built-in
simulated exchange. No real market and no real money are behind these figures.</p>`
}
${accountsSection(facts)}
${ordersSection(facts)}
${signalsSection(facts)}
${feedSection(facts)}
${tasksSection(facts)}
<footer>All times are UTC. Equity is cash plus holdings at the last candle close known at each five-minute step. Realised
profit and loss is over the average entry price, before fees. Made ${new Date(facts.asOf).toISOString().slice(0, 19).replace('T', ' ')} UTC from the archive.</footer>
</main>
</body>
</html>
`.text;
}

/** `Daily report, Friday, 20 November 2026 (SIM, PAPER, so far)`. */
export function titleOf(facts: DayFacts): string {
  const marks = marksOf(facts).map(({ text }) => text);
  return `Daily report, ${longDay(facts.day)}${marks.length ? ` (${marks.join(', ')})` : ''}`;
}

function marksOf({ simulated, modes, accounts, soFar }: DayFacts): { kind: string; text: string }[] {
  const paper = modes.includes('paper') || (accounts.length > 0 && modes.length === 0);
  return [
    ...(simulated ? [{ kind: 'sim', text: 'SIM' }] : []),
    ...(paper ? [{ kind: 'paper', text: 'PAPER' }] : []),
    ...(modes.includes('live') ? [{ kind: 'live', text: 'LIVE' }] : []),
    ...(soFar ? [{ kind: 'sofar', text: 'so far' }] : []),
  ];
}

const badges = (facts: DayFacts) =>
  marksOf(facts).map(({ kind, text }) => html`<span class="badge ${kind}">${text}</span>`);

const coverage = ({ soFar, span }: DayFacts) =>
  soFar ? `00:00 to ${time(span.to)} UTC, day in progress` : '00:00 to 24:00 UTC';
