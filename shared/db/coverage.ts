import { DAY_MS } from '../clock.ts';
import { coverDay, type DayCoverage, type Recording } from '../domain/coverage.ts';
import { builtView } from './built-candles.ts';
import type { Queryable } from './client.ts';

/** How complete the record of one symbol's trades is on one UTC day. */
export interface CoverageRow extends DayCoverage {
  venue: string;
  symbol: string;
  /** `YYYY-MM-DD` */
  day: string;
  /** Trades in the archive. */
  trades: number;
  /** Gaps that begin on this day, by what became of them, and the trades they missed and got back. */
  open: number;
  unfillable: number;
  closed: number;
  missing: number;
  filled: number;
}

/** Days of UTC, both included: the ms at which each begins. */
interface Range {
  venue?: string | undefined;
  symbol?: string | undefined;
  from: number;
  to: number;
}

/** Every day of a range, oldest first, of every symbol that was ever recorded, by venue and symbol; `now` in UTC ms. */
export async function listCoverage(sql: Queryable, range: Range, now: number): Promise<CoverageRow[]> {
  const recordings = await listRecordings(sql, range, now);
  const trades = await countTrades(sql, range);
  const gaps = await countGapsByDay(sql, range);
  return recordings.flatMap(({ id, venue, symbol, ...recording }) =>
    daysOf(range).map((from) => {
      const key = `${id} ${from}`;
      const coverage = coverDay(recording, { from, to: from + DAY_MS }, now);
      const day = new Date(from).toISOString().slice(0, 10);
      const counts = gaps.get(key) ?? { open: 0, unfillable: 0, closed: 0, missing: 0, filled: 0 };
      return { venue, symbol, day, ...coverage, trades: trades.get(key) ?? 0, ...counts };
    }),
  );
}

const daysOf = ({ from, to }: Range): number[] =>
  Array.from({ length: Math.floor((to - from) / DAY_MS) + 1 }, (_, day) => from + day * DAY_MS);

interface RecordingRow extends Recording {
  id: number;
  venue: string;
  symbol: string;
}

/** What retention has dropped is on record no more; the last thing heard is a trade or a book. */
async function listRecordings(
  sql: Queryable,
  { venue, symbol }: Range,
  now: number,
): Promise<RecordingRow[]> {
  const rows = await sql<(Omit<RecordingRow, 'holes'> & { holes: [number, number][] })[]>`
    SELECT i.id, i.venue, i.symbol,
      greatest(i.recorded_from, (SELECT kept_from FROM horizons WHERE facts = 'trades')) AS from,
      greatest(i.recorded_from, (SELECT ts FROM trades WHERE instrument_id = i.id ORDER BY ts DESC LIMIT 1),
        (SELECT ts FROM book_snapshots WHERE instrument_id = i.id ORDER BY ts DESC LIMIT 1)) AS heard_at,
      coalesce((SELECT jsonb_agg(jsonb_build_array(extract(epoch FROM reached_ts) * 1000,
          coalesce(extract(epoch FROM to_ts) * 1000, ${now}::float8)))
        FROM gaps WHERE instrument_id = i.id AND state <> 'closed'), '[]') AS holes
    FROM instruments i
    WHERE i.recorded_from IS NOT NULL
      AND (${venue ?? null}::text IS NULL OR i.venue = ${venue ?? null})
      AND (${symbol ?? null}::text IS NULL OR i.symbol = ${symbol ?? null})
    ORDER BY i.venue, i.symbol`;
  return rows.map(({ holes, ...row }) => ({ ...row, holes: holes.map(([from, to]) => ({ from, to })) }));
}

async function countTrades(sql: Queryable, { from, to }: Range): Promise<Map<string, number>> {
  const rows = await sql<{ instrumentId: number; ts: number; trades: number }[]>`
    SELECT instrument_id, ts, trades FROM ${sql(builtView('1d'))} WHERE ts BETWEEN ${from} AND ${to}`;
  return new Map(rows.map(({ instrumentId, ts, trades }) => [`${instrumentId} ${ts}`, trades]));
}

type Counts = Pick<CoverageRow, 'open' | 'unfillable' | 'closed' | 'missing' | 'filled'>;

async function countGapsByDay(sql: Queryable, { from, to }: Range): Promise<Map<string, Counts>> {
  const rows = await sql<(Counts & { instrumentId: number; day: number })[]>`
    SELECT instrument_id, date_trunc('day', from_ts, 'UTC') AS day,
      count(*) FILTER (WHERE state = 'open') AS open, count(*) FILTER (WHERE state = 'unfillable') AS unfillable,
      count(*) FILTER (WHERE state = 'closed') AS closed, coalesce(sum(missing), 0)::bigint AS missing,
      sum(filled)::bigint AS filled
    FROM gaps WHERE from_ts >= ${from} AND from_ts < ${to + DAY_MS} GROUP BY 1, 2`;
  return new Map(rows.map(({ instrumentId, day, ...counts }) => [`${instrumentId} ${day}`, counts]));
}
