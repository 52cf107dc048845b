import { tradesChart } from './charts.ts';
import type { DayFacts } from './facts.ts';
import { count, percent, time } from './format.ts';
import { Html, html } from './html.ts';

/** What arrived of the market: trades by the hour, candles against the clock, frames that could not be read. */
export function feedSection(facts: DayFacts): Html {
  const { tradesPerHour, candles, badFrames } = facts;
  const trades = tradesPerHour.reduce((sum, row) => sum + row.trades, 0);
  return html`<h2>Feed health</h2>
<div class="card"><h3>Trades archived <small>${count(trades)} in all</small></h3>${
    trades > 0 ? new Html(tradesChart(facts)) : empty('No trade was archived.')
  }</div>
<div class="card"><h3>Candles <small>closed candles archived, of those the clock allows</small></h3>${
    candles.length > 0 ? candlesTable(candles) : empty('No candle was archived.')
  }</div>
<div class="card"><h3>Bad frames <small>set aside unread, with the reason</small></h3>${
    badFrames.length > 0 ? badFramesTable(badFrames) : empty('None: every frame could be read.')
  }</div>`;
}

/** Recorded tasks by outcome, and those that failed. */
export function tasksSection({ taskCounts, failedTasks }: DayFacts): Html {
  if (taskCounts.length === 0)
    return html`<h2>Tasks</h2><div class="card">${empty('No recorded task ended.')}</div>`;
  const names = [...new Set(taskCounts.map(({ name }) => name))];
  const of = (name: string, state: string) =>
    taskCounts.find((row) => row.name === name && row.state === state)?.count ?? 0;
  return html`<h2>Tasks</h2><div class="card"><table>
<tr><th>Task</th><th class="n">Succeeded</th><th class="n">Failed</th><th class="n">Revoked</th></tr>
${names.map(
  (name) => html`<tr><td>${name}</td><td class="n">${count(of(name, 'SUCCESS'))}</td>
<td class="n ${of(name, 'FAILURE') > 0 && 'loss'}">${count(of(name, 'FAILURE'))}</td><td class="n">${count(of(name, 'REVOKED'))}</td></tr>`,
)}</table></div>
<div class="card"><h3>Failures</h3>${failedTasks.length === 0 ? empty('None.') : failuresTable(failedTasks)}</div>`;
}

function candlesTable(candles: DayFacts['candles']): Html {
  return html`<div class="scroll"><table>
<tr><th>Symbol</th><th>Interval</th><th>Complete</th><th class="n">Archived</th><th class="n">Possible</th><th class="n">First</th><th class="n">Last</th></tr>
${candles.map((row) => {
  const share = row.expected > 0 ? Math.min(1, row.count / row.expected) : 1;
  return html`<tr><td class="w">${row.symbol} <span class="soft">${row.venue}</span></td><td>${row.interval}</td>
<td class="w"><span class="bar"><i style="width:${(share * 100).toFixed(1)}%"></i></span>${percent(share)}</td>
<td class="n">${count(row.count)}</td><td class="n">${count(row.expected)}</td><td class="n">${time(row.first)}</td><td class="n">${time(row.last)}</td></tr>`;
})}</table></div>`;
}

const badFramesTable = (frames: DayFacts['badFrames']) =>
  html`<table><tr><th>Venue</th><th>Reason</th><th class="n">Frames</th></tr>${frames.map(
    (row) =>
      html`<tr><td class="w">${row.venue}</td><td class="reason">${row.reason}</td><td class="n">${count(row.count)}</td></tr>`,
  )}</table>`;

const failuresTable = (tasks: DayFacts['failedTasks']) =>
  html`<div class="scroll"><table><tr><th>Time</th><th>Task</th><th class="n">Attempts</th><th>Reason</th></tr>${tasks.map(
    (task) => html`<tr><td class="w">${time(task.finishedAt)}</td><td class="w">${task.name}</td>
<td class="n">${task.attempts}</td><td class="reason">${task.error}</td></tr>`,
  )}</table></div>`;

const empty = (sentence: string) => html`<p class="empty">${sentence}</p>`;
