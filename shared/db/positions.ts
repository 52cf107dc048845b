import { averagePrice, type Holding } from '../domain/position.ts';
import type { Position } from '../domain/trading.ts';
import type { Queryable } from './client.ts';

export interface PositionRow extends Position {
  /** What the units held were bought for, fees apart. */
  cost: string;
  updatedAt: number;
}

type Key = { autopilot: string; venue: string; symbol: string };

export async function findHolding(
  sql: Queryable,
  { autopilot, venue, symbol }: Key,
): Promise<Holding | undefined> {
  const [row] = await sql<Holding[]>`
    SELECT p.size, p.cost, p.realized_pnl, p.fees
    FROM positions p JOIN instruments i ON i.id = p.instrument_id
    WHERE p.autopilot = ${autopilot} AND i.venue = ${venue} AND i.symbol = ${symbol}`;
  return row;
}

export async function saveHolding(
  sql: Queryable,
  { autopilot, venue, symbol }: Key,
  { size, cost, realizedPnl, fees }: Holding,
): Promise<void> {
  await sql`
    INSERT INTO positions (autopilot, instrument_id, size, cost, realized_pnl, fees)
    SELECT ${autopilot}, id, ${size}, ${cost}, ${realizedPnl}, ${fees} FROM instruments
    WHERE venue = ${venue} AND symbol = ${symbol}
    ON CONFLICT (autopilot, instrument_id) DO UPDATE SET (size, cost, realized_pnl, fees, updated_at) =
      (excluded.size, excluded.cost, excluded.realized_pnl, excluded.fees, clock_timestamp())`;
}

/** Open ones first, then those that were closed. */
export async function listPositions(sql: Queryable): Promise<PositionRow[]> {
  const rows = await sql<Omit<PositionRow, 'averagePrice'>[]>`
    SELECT p.autopilot, i.venue, i.symbol, trim_scale(p.size)::text AS size, trim_scale(p.cost)::text AS cost,
      trim_scale(p.realized_pnl)::text AS realized_pnl, trim_scale(p.fees)::text AS fees, p.updated_at
    FROM positions p JOIN instruments i ON i.id = p.instrument_id
    ORDER BY p.size = 0, p.autopilot, i.venue, i.symbol`;
  return rows.map((row) => ({ ...row, averagePrice: averagePrice(row) }));
}
