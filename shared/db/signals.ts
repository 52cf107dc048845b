import { maxSignalAgeMs } from '../domain/freshness.ts';
import { INTERVALS, type Interval } from '../domain/market.ts';
import type { Signal } from '../domain/trading.ts';
import type { Queryable } from './client.ts';

/** A signal as stored, with what an autopilot made of it; `outcome` is null while none has decided. */
export interface SignalRow extends Signal {
  /** Found while fresh, on the stream or in history that mends it: only such a signal leads to mail and orders. */
  live: boolean;
  createdAt: number;
  autopilot: string | null;
  outcome: 'ordered' | 'skipped' | null;
  reason: string | null;
}

export type NewSignal = Omit<Signal, 'id'> & { live: boolean };

/** Adds those that are not there yet and returns them; a second run adds and returns nothing. */
export async function addSignals(sql: Queryable, signals: readonly NewSignal[]): Promise<SignalRow[]> {
  if (signals.length === 0) return [];
  const added = await sql<{ id: number; n: number; createdAt: number }[]>`
    WITH fresh AS (
      INSERT INTO signals (instrument_id, interval, strategy, ts, side, price, details, live)
      SELECT i.id, n.interval, n.strategy, n.at, n.side, n.price, n.details, n.live
      FROM ${newSignals(sql, signals)} JOIN instruments i USING (venue, symbol)
      ON CONFLICT (instrument_id, interval, strategy, ts) DO NOTHING
      RETURNING id, instrument_id, interval, strategy, ts, created_at)
    SELECT fresh.id, fresh.created_at, n.n
    FROM fresh JOIN instruments i ON i.id = fresh.instrument_id
    JOIN ${newSignals(sql, signals)}
      ON (n.venue, n.symbol, n.interval, n.strategy, n.at) = (i.venue, i.symbol, fresh.interval, fresh.strategy, fresh.ts)
    ORDER BY fresh.ts, fresh.id`;
  return added.map(({ id, n, createdAt }) => ({
    ...(signals[n] as NewSignal),
    id,
    createdAt,
    autopilot: null,
    outcome: null,
    reason: null,
  }));
}

export async function findSignal(sql: Queryable, id: number): Promise<SignalRow | undefined> {
  const [row] = await sql<SignalRow[]>`SELECT ${columns(sql)} ${joined(sql)} WHERE s.id = ${id}`;
  return row;
}

/** Newest first; `before` is the id of the last row of the page before. */
export async function listSignals(
  sql: Queryable,
  {
    venue,
    symbol,
    interval,
    limit = 100,
    before,
  }: {
    venue?: string | undefined;
    symbol?: string | undefined;
    interval?: Interval | undefined;
    limit?: number | undefined;
    before?: number | undefined;
  } = {},
): Promise<SignalRow[]> {
  return sql<SignalRow[]>`
    SELECT ${columns(sql)} ${joined(sql)}
    WHERE (${venue ?? null}::text IS NULL OR i.venue = ${venue ?? null})
      AND (${symbol ?? null}::text IS NULL OR i.symbol = ${symbol ?? null})
      AND (${interval ?? null}::text IS NULL OR s.interval = ${interval ?? null})
      AND (${before ?? null}::bigint IS NULL
        OR (s.ts, s.id) < (SELECT b.ts, b.id FROM signals b WHERE b.id = ${before ?? null}))
    ORDER BY s.ts DESC, s.id DESC LIMIT ${limit}`;
}

/**
 * Live signals, at least `minAgeMs` old and fresh still, that an enabled autopilot should have decided on and has not.
 * Oldest first.
 */
export async function listUndecidedSignals(
  sql: Queryable,
  { minAgeMs = 0 }: { minAgeMs?: number } = {},
): Promise<SignalRow[]> {
  return sql<SignalRow[]>`
    SELECT ${columns(sql)} ${joined(sql)}
    WHERE s.live AND s.ts > statement_timestamp() - ${Math.max(...Object.values(MAX_AGES_MS))} * interval '1 ms'
      AND s.ts > statement_timestamp() - (${sql.json(MAX_AGES_MS)}::jsonb ->> s.interval)::float8 * interval '1 ms'
      AND s.created_at <= statement_timestamp() - ${minAgeMs} * interval '1 ms'
      AND EXISTS (SELECT FROM autopilots a
        WHERE a.enabled AND (a.venue, a.interval, a.strategy) = (i.venue, s.interval, s.strategy)
          AND NOT EXISTS (SELECT FROM decisions o WHERE o.autopilot = a.name AND o.signal_id = s.id))
    ORDER BY s.ts, s.id LIMIT 500`;
}

const MAX_AGES_MS = Object.fromEntries(
  (Object.keys(INTERVALS) as Interval[]).map((interval) => [interval, maxSignalAgeMs(interval)]),
);

const columns = (sql: Queryable) => sql`
  s.id, i.venue, i.symbol, s.interval, s.strategy, s.ts, s.side, s.price, s.details, s.live, s.created_at,
  d.autopilot, d.outcome, d.reason`;

/** Where several autopilots decided, one that ordered goes before one that skipped. */
const joined = (sql: Queryable) => sql`
  FROM signals s JOIN instruments i ON i.id = s.instrument_id
  LEFT JOIN LATERAL (
    SELECT autopilot, outcome, reason FROM decisions WHERE signal_id = s.id ORDER BY outcome, autopilot LIMIT 1
  ) d ON true`;

const newSignals = (sql: Queryable, signals: readonly NewSignal[]) => {
  const rows = signals.map((signal, n) => ({ ...signal, n }));
  return sql`
    (SELECT n, venue, symbol, interval, strategy, side, price, details, live, to_timestamp(ts / 1000.0) AS at
     FROM jsonb_to_recordset(${sql.json(rows as never)}) AS r(n integer, venue text, symbol text, interval text,
       strategy text, side side, price numeric, details jsonb, live boolean, ts numeric)) AS n`;
};
