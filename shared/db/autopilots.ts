import type { Interval } from '../domain/market.ts';
import type { Signal } from '../domain/trading.ts';
import type { Queryable } from './client.ts';

/** A strategy that trades on paper at one venue; `orderFraction` and `fee` are decimal strings. */
export interface Autopilot {
  name: string;
  enabled: boolean;
  venue: string;
  interval: Interval;
  strategy: string;
  orderFraction: string;
  fee: string;
  dailyTradeLimit: number;
}

/** As the console shows it. */
export interface AutopilotRow extends Autopilot {
  createdAt: number;
  tradesToday: number;
  /** Fencing token, holder and end of its lease; null while it was never held. */
  token: number | null;
  holder: string | null;
  leaseExpiresAt: number | null;
}

const columns = (sql: Queryable) =>
  sql`name, enabled, venue, interval, strategy, order_fraction, fee, daily_trade_limit`;

/** Adds it, or brings its settings up to date. */
export async function saveAutopilot(sql: Queryable, autopilot: Autopilot): Promise<void> {
  const { name, enabled, venue, interval, strategy, orderFraction, fee, dailyTradeLimit } = autopilot;
  await sql`
    INSERT INTO autopilots (${columns(sql)})
    VALUES (${name}, ${enabled}, ${venue}, ${interval}, ${strategy}, ${orderFraction}, ${fee}, ${dailyTradeLimit})
    ON CONFLICT (name) DO UPDATE SET (enabled, venue, interval, strategy, order_fraction, fee, daily_trade_limit) =
      (excluded.enabled, excluded.venue, excluded.interval, excluded.strategy, excluded.order_fraction, excluded.fee,
       excluded.daily_trade_limit)`;
}

export async function disableAutopilots(
  sql: Queryable,
  { exceptVenues }: { exceptVenues: readonly string[] },
): Promise<void> {
  await sql`UPDATE autopilots SET enabled = false WHERE enabled AND NOT venue = ANY(${exceptVenues as string[]})`;
}

/**
 * Those that follow the signal's venue, interval and strategy, enabled or not, and those that made an order of it while
 * they did: what was begun must come to an end.
 */
export async function listFollowers(
  sql: Queryable,
  { id, venue, interval, strategy }: Pick<Signal, 'id' | 'venue' | 'interval' | 'strategy'>,
): Promise<Autopilot[]> {
  return sql<Autopilot[]>`
    SELECT ${columns(sql)} FROM autopilots
    WHERE (venue, interval, strategy) = (${venue}, ${interval}, ${strategy})
      OR name IN (SELECT autopilot FROM decisions WHERE signal_id = ${id} AND outcome = 'ordered')
    ORDER BY name`;
}

export async function listAutopilots(sql: Queryable): Promise<AutopilotRow[]> {
  return sql<AutopilotRow[]>`
    SELECT a.name, a.enabled, a.venue, a.interval, a.strategy, a.order_fraction, a.fee, a.daily_trade_limit,
      a.created_at, coalesce(t.count, 0) AS trades_today, l.token, l.holder,
      CASE WHEN isfinite(l.expires_at) THEN l.expires_at END AS lease_expires_at
    FROM autopilots a
    LEFT JOIN daily_trades t ON t.autopilot = a.name AND t.day = (clock_timestamp() AT TIME ZONE 'UTC')::date
    LEFT JOIN leases l ON l.key = 'autopilot:' || a.name
    ORDER BY a.name`;
}

/**
 * Counts one trade of the current UTC day, the database's, unless `limit` is reached.
 * One statement, so that racing workers can't pass the limit between reading and writing.
 */
export async function takeDailyTrade(sql: Queryable, autopilot: string, limit: number): Promise<boolean> {
  const rows = await sql`
    INSERT INTO daily_trades AS t (autopilot, day, count)
    SELECT ${autopilot}, (clock_timestamp() AT TIME ZONE 'UTC')::date, 1 WHERE ${limit}::integer > 0
    ON CONFLICT (autopilot, day) DO UPDATE SET count = t.count + 1 WHERE t.count < ${limit}
    RETURNING count`;
  return rows.length === 1;
}
