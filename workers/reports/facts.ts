import { DAY_MS } from '../../shared/clock.ts';
import { listBalances } from '../../shared/db/balances.ts';
import type { Sql } from '../../shared/db/client.ts';
import {
  type CandleCount,
  listBadFrameCounts,
  listCandleCounts,
  listFailedTasks,
  listFillsUntil,
  listOrdersOfDay,
  listPriceSteps,
  listSignalsOfDay,
  listTaskCounts,
  listTradesPerHour,
  type Span,
} from '../../shared/db/report-queries.ts';
import { INTERVALS, type Interval } from '../../shared/domain/market.ts';
import { accountDay } from './ledger.ts';

/** Step of the curves: fine enough for a page, coarse enough for a page's weight. */
const STEP_MS = 5 * 60_000;

/** Everything that a day's report says, before it is drawn. */
export type DayFacts = Awaited<ReturnType<typeof gatherFacts>>;

/**
 * Reads one UTC day out of the record; a day in progress is read until now and marked so.
 * `say` is called as each part has been read.
 */
export async function gatherFacts(
  sql: Sql,
  day: string,
  asOf: number,
  say: (done: number, note: string) => Promise<void>,
) {
  const from = Date.parse(`${day}T00:00:00Z`);
  const span: Span = { from, to: Math.min(from + DAY_MS, asOf) };
  await say(1, 'the ledger');
  const [balances, fills, orders, signals] = await Promise.all([
    listBalances(sql),
    listFillsUntil(sql, span.to),
    listOrdersOfDay(sql, span),
    listSignalsOfDay(sql, span),
  ]);
  await say(2, 'prices');
  const prices = await listPriceSteps(sql, span, STEP_MS);
  const accounts = balances.map((account) => accountDay(account, fills, prices, span, STEP_MS));
  await say(3, 'feed health');
  const [tradesPerHour, candleCounts, badFrames, taskCounts, failedTasks] = await Promise.all([
    listTradesPerHour(sql, span),
    listCandleCounts(sql, span),
    listBadFrameCounts(sql, span),
    listTaskCounts(sql, span),
    listFailedTasks(sql, span),
  ]);
  const venues = [
    ...accounts.flatMap((a) => [...a.fills, ...a.holdings]),
    ...orders,
    ...signals,
    ...tradesPerHour,
    ...candleCounts,
  ];
  return {
    day,
    span,
    asOf,
    /** Whether the day has not ended yet. */
    soFar: asOf < from + DAY_MS,
    simulated: venues.some(({ venue }) => venue === 'sim'),
    modes: [...new Set(orders.map((order) => order.mode))],
    accounts,
    orders,
    signals,
    /** Each close at the end of its step. */
    prices: prices
      .map((step) => ({ ...step, ts: Math.min(step.ts + STEP_MS, span.to) }))
      .filter(({ ts }) => ts >= from),
    tradesPerHour,
    candles: candleCounts.map((count) => ({ ...count, expected: expectedCandles(count, span) })),
    badFrames,
    taskCounts,
    failedTasks,
  };
}

/** Candles that closed within the span. */
function expectedCandles({ interval }: CandleCount, { from, to }: Span): number {
  return Math.floor((to - from) / INTERVALS[interval as Interval]);
}
