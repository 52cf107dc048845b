import type { Side } from '../domain/market.ts';
import type { OrderState } from '../domain/trading.ts';
import type { TaskName } from '../tasks/catalogue.ts';
import type { Queryable } from './client.ts';

/** From (included) to (excluded), integer UTC milliseconds. */
export interface Span {
  from: number;
  to: number;
}

/** A fill with what it was a fill of; money as decimal strings. */
export interface LedgerFill {
  orderId: string;
  autopilot: string;
  venue: string;
  symbol: string;
  side: Side;
  price: string;
  size: string;
  fee: string;
  ts: number;
}

/** Every fill before `to`, in the order in which they happened. */
export async function listFillsUntil(sql: Queryable, to: number): Promise<LedgerFill[]> {
  return sql<LedgerFill[]>`
    SELECT f.order_id, o.autopilot, i.venue, i.symbol, o.side, trim_scale(f.price)::text AS price,
      trim_scale(f.size)::text AS size, trim_scale(f.fee)::text AS fee, f.ts
    FROM fills f JOIN orders o ON o.id = f.order_id JOIN instruments i ON i.id = o.instrument_id
    WHERE f.ts < ${to}::timestamptz ORDER BY f.ts, o.created_at, length(f.trade_id), f.trade_id`;
}

export interface OrderOfDay {
  id: string;
  autopilot: string;
  venue: string;
  symbol: string;
  mode: 'paper' | 'live';
  side: Side;
  size: string;
  filled: string;
  averagePrice: string | null;
  fee: string;
  state: OrderState;
  reason: string | null;
  createdAt: number;
}

/** Oldest first. */
export async function listOrdersOfDay(sql: Queryable, { from, to }: Span): Promise<OrderOfDay[]> {
  return sql<OrderOfDay[]>`
    SELECT o.id, o.autopilot, i.venue, i.symbol, o.mode, o.side, trim_scale(o.size)::text AS size,
      trim_scale(o.filled)::text AS filled, trim_scale(o.average_price)::text AS average_price,
      trim_scale(o.fee)::text AS fee, o.state, o.reason, o.created_at
    FROM orders o JOIN instruments i ON i.id = o.instrument_id
    WHERE o.created_at >= ${from}::timestamptz AND o.created_at < ${to}::timestamptz ORDER BY o.created_at, o.id`;
}

export interface SignalOfDay {
  venue: string;
  symbol: string;
  interval: string;
  strategy: string;
  side: Side;
  price: string;
  ts: number;
  outcome: 'ordered' | 'skipped' | null;
  reason: string | null;
}

/** Live signals with what was made of them, oldest first; what a replay found, or what was stale, led to nothing. */
export async function listSignalsOfDay(sql: Queryable, { from, to }: Span): Promise<SignalOfDay[]> {
  return sql<SignalOfDay[]>`
    SELECT i.venue, i.symbol, s.interval, s.strategy, s.side, trim_scale(s.price)::text AS price, s.ts,
      d.outcome, d.reason
    FROM signals s JOIN instruments i ON i.id = s.instrument_id
    LEFT JOIN LATERAL (
      SELECT outcome, reason FROM decisions WHERE signal_id = s.id ORDER BY outcome, autopilot LIMIT 1
    ) d ON true
    WHERE s.live AND s.ts >= ${from}::timestamptz AND s.ts < ${to}::timestamptz ORDER BY s.ts, s.id`;
}

export interface PriceStep {
  venue: string;
  symbol: string;
  /** Beginning of the step. */
  ts: number;
  /** Last close within it. */
  price: number;
}

/** Closes of the short candles: the last before the span, and the last of every step of `stepMs` within it. */
export async function listPriceSteps(
  sql: Queryable,
  { from, to }: Span,
  stepMs: number,
): Promise<PriceStep[]> {
  return sql<PriceStep[]>`
    WITH closes AS (
      SELECT instrument_id, ts, close FROM candles
      WHERE interval IN ('1s', '1m', '5m') AND ts >= ${from}::timestamptz AND ts < ${to}::timestamptz
      UNION ALL
      SELECT i.id, c.ts, c.close FROM instruments i CROSS JOIN unnest(ARRAY['1s', '1m', '5m']) AS short,
        LATERAL (SELECT ts, close FROM candles WHERE instrument_id = i.id AND interval = short
          AND ts < ${from}::timestamptz ORDER BY ts DESC LIMIT 1) AS c)
    SELECT DISTINCT ON (i.venue, i.symbol, step) i.venue, i.symbol, step AS ts, c.close::float8 AS price
    FROM closes c JOIN instruments i ON i.id = c.instrument_id,
      LATERAL date_bin(${stepMs} * interval '1 millisecond', c.ts, ${from}::timestamptz) AS step
    ORDER BY i.venue, i.symbol, step, c.ts DESC`;
}

export interface TradesOfHour {
  venue: string;
  symbol: string;
  hour: number;
  trades: number;
}

/** Public trades archived, by symbol and hour of the span. */
export async function listTradesPerHour(sql: Queryable, { from, to }: Span): Promise<TradesOfHour[]> {
  return sql<TradesOfHour[]>`
    SELECT i.venue, i.symbol, t.hour, t.trades FROM (
      SELECT instrument_id, floor(extract(epoch FROM ts - ${from}::timestamptz) / 3600)::integer AS hour,
        count(*) AS trades
      FROM trades WHERE ts >= ${from}::timestamptz AND ts < ${to}::timestamptz GROUP BY 1, 2
    ) t JOIN instruments i ON i.id = t.instrument_id ORDER BY i.venue, i.symbol, t.hour`;
}

export interface CandleCount {
  venue: string;
  symbol: string;
  interval: string;
  count: number;
  first: number;
  last: number;
}

/** Closed candles archived, by symbol and interval. */
export async function listCandleCounts(sql: Queryable, { from, to }: Span): Promise<CandleCount[]> {
  return sql<CandleCount[]>`
    SELECT i.venue, i.symbol, c.interval, c.count, c.first, c.last FROM (
      SELECT instrument_id, interval, count(*), min(ts) AS first, max(ts) AS last
      FROM candles WHERE ts >= ${from}::timestamptz AND ts < ${to}::timestamptz GROUP BY 1, 2
    ) c JOIN instruments i ON i.id = c.instrument_id ORDER BY i.venue, i.symbol, c.interval`;
}

/** Frames set aside, the most frequent reason first. */
export async function listBadFrameCounts(
  sql: Queryable,
  { from, to }: Span,
): Promise<{ venue: string; reason: string; count: number }[]> {
  return sql<{ venue: string; reason: string; count: number }[]>`
    SELECT venue, reason, count(*) FROM bad_frames
    WHERE received_at >= ${from}::timestamptz AND received_at < ${to}::timestamptz
    GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2 LIMIT 50`;
}

/** Recorded tasks that ended, by name and how. */
export async function listTaskCounts(
  sql: Queryable,
  { from, to }: Span,
): Promise<{ name: TaskName; state: 'SUCCESS' | 'FAILURE' | 'REVOKED'; count: number }[]> {
  return sql<{ name: TaskName; state: 'SUCCESS' | 'FAILURE' | 'REVOKED'; count: number }[]>`
    SELECT name, state, count(*) FROM tasks
    WHERE finished_at >= ${from}::timestamptz AND finished_at < ${to}::timestamptz GROUP BY 1, 2 ORDER BY 1, 2`;
}

/** Recorded tasks that failed, newest first. */
export async function listFailedTasks(
  sql: Queryable,
  { from, to }: Span,
): Promise<{ id: string; name: TaskName; error: string; finishedAt: number; attempts: number }[]> {
  return sql<{ id: string; name: TaskName; error: string; finishedAt: number; attempts: number }[]>`
    SELECT id, name, coalesce(error, '') AS error, finished_at, attempts FROM tasks
    WHERE state = 'FAILURE' AND finished_at >= ${from}::timestamptz AND finished_at < ${to}::timestamptz
    ORDER BY finished_at DESC LIMIT 50`;
}
