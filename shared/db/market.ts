import { DAY_MS } from '../clock.ts';
import { addBooks, type BookColumns } from './books.ts';
import { addCandles, type CandleColumns } from './candles.ts';
import type { Queryable, Sql } from './client.ts';
import { ensureInstruments } from './instruments.ts';
import { addFlows, type FlowColumns } from './order-flow.ts';
import { addFunding, addMarks, type FundingColumns, type MarkColumns } from './rates.ts';
import { addTrades, type TradeColumns } from './trades.ts';

/** Market facts of one venue as columns, as a batch carries them. */
export interface MarketColumns {
  venue: string;
  symbols: readonly string[];
  trades?: TradeColumns | undefined;
  candles?: CandleColumns | undefined;
  books?: BookColumns | undefined;
  flows?: FlowColumns | undefined;
  funding?: FundingColumns | undefined;
  marks?: MarkColumns | undefined;
}

/** How many rows each table really got. */
export interface MarketRows {
  trades: number;
  candles: number;
  books: number;
  flows: number;
  funding: number;
  marks: number;
}

const ATTEMPTS = 5;

/** Archives all of it in one transaction, or nothing; what is there already is left out. */
export async function addMarketFacts(sql: Sql, facts: MarketColumns): Promise<MarketRows> {
  const instruments = await ensureInstruments(sql, facts.venue, facts.symbols);
  for (let attempt = 1; ; attempt++) {
    try {
      return await addAll(sql, instruments, facts);
    } catch (error) {
      // A partition that was just made may be dropped again at once, where a backfill meets the retention.
      if (!isMissingPartition(error) || attempt === ATTEMPTS) throw error;
      await ensurePartitions(sql, facts);
    }
  }
}

function addAll(sql: Sql, instruments: number[], facts: MarketColumns): Promise<MarketRows> {
  const { trades, candles, books, flows, funding, marks } = facts;
  const add = async (on: Queryable): Promise<MarketRows> => ({
    trades: trades ? await addTrades(on, instruments, trades) : 0,
    candles: candles ? await addCandles(on, instruments, candles) : 0,
    books: books ? await addBooks(on, instruments, books) : 0,
    flows: flows ? await addFlows(on, instruments, flows) : 0,
    funding: funding ? await addFunding(on, instruments, funding) : 0,
    marks: marks ? await addMarks(on, instruments, marks) : 0,
  });
  // A single statement is a transaction of its own and saves two round trips of the hot path.
  const kinds = [trades, candles, books, flows, funding, marks].filter(Boolean).length;
  return kinds === 1 ? add(sql) : (sql.begin(add) as Promise<MarketRows>);
}

/** Plain PostgreSQL keeps a partition a day; a hypertable makes its own chunks and never ends up here. */
async function ensurePartitions(sql: Sql, facts: MarketColumns): Promise<void> {
  const { trades, candles, books, flows, funding, marks } = facts;
  const tables = {
    ...{ trades, candles, book_snapshots: books, order_flow: flows },
    ...{ funding_rates: funding, mark_prices: marks },
  };
  for (const [table, columns] of Object.entries(tables)) {
    if (!columns) continue;
    for (const day of daysOf(columns.ts)) await sql`SELECT ensure_partition(${table}, ${day}::timestamptz)`;
  }
}

function daysOf(times: string): Set<number> {
  const days = times
    .slice(1, -1)
    .split(',')
    .map((ts) => Math.floor(Number(ts) / DAY_MS));
  return new Set(days.map((day) => day * DAY_MS));
}

/** "no partition of relation … found for row" comes as a check violation that names no constraint. */
function isMissingPartition(error: unknown): boolean {
  const { code, constraint_name } = error as { code?: string; constraint_name?: string };
  return code === '23514' && !constraint_name;
}
