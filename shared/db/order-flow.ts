import type { OrderFlow } from '../domain/order-flow.ts';
import type { Queryable } from './client.ts';
import { instrumentId } from './instruments.ts';

/** Order-flow facts as columns, each a PostgreSQL array literal; `facts` holds JSON texts of `FlowFacts`. */
export interface FlowColumns {
  symbol: string;
  ts: string;
  facts: string;
}

/** Facts of the archive; when they were received is not kept. */
export type FlowRow = Omit<OrderFlow, 'receivedAt'>;

type Of = { venue: string; symbol: string };

/** Adds what is not there yet, by instrument and time; returns how many rows were really added. */
export async function addFlows(
  sql: Queryable,
  instruments: readonly number[],
  columns: FlowColumns,
): Promise<number> {
  const { count } = await sql`
    INSERT INTO order_flow (instrument_id, ts, spread_bp, imbalance, bid_concentration, ask_concentration,
      depth_bp, bid_depth, ask_depth, notional, buy_slippage_bp, sell_slippage_bp, buy_volume, sell_volume)
    SELECT (${`{${instruments.join()}}`}::text::int[])[symbol], to_timestamp(ts / 1000), f."spreadBp", f.imbalance,
      f."bidConcentration", f."askConcentration", f."depthBp", f."bidDepth", f."askDepth", f.notional,
      f."buySlippageBp", f."sellSlippageBp", f."buyVolume", f."sellVolume"
    FROM unnest(${columns.symbol}::text::int[], ${columns.ts}::text::float8[], ${columns.facts}::text::jsonb[])
      AS batch (symbol, ts, facts),
      jsonb_to_record(facts) AS f ("spreadBp" float8, imbalance float8, "bidConcentration" float8,
        "askConcentration" float8, "depthBp" float8, "bidDepth" float8, "askDepth" float8, notional float8,
        "buySlippageBp" float8, "sellSlippageBp" float8, "buyVolume" float8, "sellVolume" float8)
    ON CONFLICT DO NOTHING`;
  return count;
}

/** Ascending by time: the first `limit` from `from` (UTC ms) on, or, without `from`, the newest `limit`. */
export async function listFlows(
  sql: Queryable,
  of: Of & { from?: number | undefined; to?: number | undefined; limit: number },
): Promise<FlowRow[]> {
  const from = of.from === undefined ? sql`` : sql`AND ts >= ${of.from}`;
  const to = of.to === undefined ? sql`` : sql`AND ts <= ${of.to}`;
  const rows = await sql<FlowRow[]>`
    SELECT ${of.symbol}::text AS symbol, ${columnsOf(sql)}
    FROM order_flow WHERE instrument_id = ${instrumentId(sql, of)} ${from} ${to}
    ORDER BY ts ${of.from === undefined ? sql`DESC` : sql`ASC`} LIMIT ${of.limit}`;
  return of.from === undefined ? [...rows].reverse() : [...rows];
}

/** The last facts within each candle, by the candle's open time; a candle without any is left out. */
export async function listFlowOfCandles(
  sql: Queryable,
  of: Of & { opens: readonly number[]; stepMs: number },
): Promise<Map<number, FlowRow>> {
  const rows = await sql<(FlowRow & { open: number })[]>`
    SELECT open, ${of.symbol}::text AS symbol, flow.*
    FROM unnest(${of.opens as number[]}::float8[]) AS opens (open)
    CROSS JOIN LATERAL (
      SELECT ${columnsOf(sql)} FROM order_flow WHERE instrument_id = ${instrumentId(sql, of)}
        AND ts >= to_timestamp(open / 1000) AND ts < to_timestamp((open + ${of.stepMs}) / 1000)
      ORDER BY ts DESC LIMIT 1
    ) AS flow`;
  return new Map(rows.map(({ open, ...flow }) => [open, flow]));
}

const columnsOf = (
  sql: Queryable,
) => sql`ts, spread_bp, imbalance, bid_concentration, ask_concentration, depth_bp,
  bid_depth, ask_depth, notional, buy_slippage_bp, sell_slippage_bp, buy_volume, sell_volume`;
