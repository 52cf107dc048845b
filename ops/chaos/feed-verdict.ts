import { canonicalDecimal } from '../../shared/domain/decimal.ts';
import type { WireTrade } from '../sim/ledger.ts';
import { fromLedger } from '../sim/ledger.ts';
import { list } from '../sim/listing.ts';
import { engineId, type Lane, type Rig } from './feed-rig.ts';

/** A time in which something was done to the clients of a lane, until they were all back; UTC ms. */
export interface Disturbance {
  lane: Lane;
  kind: 'cut' | 'stall' | 'shutdown';
  from: number;
  to: number;
}

export interface FeedVerdict {
  /** Trades of the exchange's ledger, each counted once for every venue that told it. */
  ledgerTrades: number;
  /** Of these, not in the archive: in the reach of a gap that is said to be lost for good, and unreported. */
  missing: number;
  missingReported: number;
  /** Rows of the archive beyond one a trade. */
  duplicates: number;
  /** Archived with another price, size, side or time. */
  wrong: number;
  openGaps: number;
  unfillableGaps: number;
  closedGaps: number;
  /** Rows of the gap ledger that nothing was done for. */
  falseGaps: number;
  /** Outages of a symbol that have no row. */
  cutsWithoutRow: number;
  /** Rows about an announced shutdown, which should have cost nothing. */
  shutdownGaps: number;
  venues: Record<string, { trades: number; missing: number; gaps: number; outages: number }>;
}

interface GapFact {
  venue: string;
  symbol: string;
  cause: string;
  state: string;
  noticedAt: number;
  fromTs: number;
  toTs: number | null;
}

/** How long after its clients are back a disturbance may still be noticed. */
const AFTER_MS = 15_000;
const BEFORE_MS = 1_000;

/** The exchange's trades of each of the engine's markets between two moments. */
export type Truth = Map<string, WireTrade[]>;

export async function readTruth(
  { sim, lanes }: Rig,
  from: Map<string, number>,
  to: Map<string, number>,
): Promise<Truth> {
  const truth: Truth = new Map();
  for (const id of new Set(lanes.flatMap(({ symbols }) => symbols.map(engineId)))) {
    const trades: WireTrade[] = [];
    for await (const trade of sim.ledger(id, (from.get(id) ?? 0) + 1, to.get(id) ?? 0)) trades.push(trade);
    truth.set(id, trades);
  }
  return truth;
}

/** Compares the archive and the gap ledger with what the exchange did and what was done to it. */
export async function judgeFeed(
  rig: Rig,
  truth: Truth,
  disturbances: readonly Disturbance[],
  beganAt: number,
): Promise<FeedVerdict> {
  const verdict = emptyVerdict();
  const gaps = await listGaps(rig, beganAt);
  for (const gap of gaps) {
    if (gap.state === 'open') verdict.openGaps++;
    else if (gap.state === 'unfillable') verdict.unfillableGaps++;
    else verdict.closedGaps++;
    const reasons = disturbances.filter((each) => explains(each, gap));
    if (reasons.length === 0) verdict.falseGaps++;
    else if (reasons.every(({ kind }) => kind === 'shutdown')) verdict.shutdownGaps++;
  }
  for (const lane of rig.lanes) {
    const own = disturbances.filter((each) => each.lane === lane && each.kind !== 'shutdown');
    const facts = { trades: 0, missing: 0, gaps: 0, outages: own.length };
    verdict.venues[lane.entry.name] = facts;
    for (const symbol of lane.symbols) {
      const rows = gaps.filter((gap) => gap.venue === lane.entry.venue && gap.symbol === symbol);
      facts.gaps += rows.length;
      verdict.cutsWithoutRow += own.filter((each) => !rows.some((gap) => explains(each, gap))).length;
      await compareTrades(rig, lane, symbol, truth.get(engineId(symbol)) ?? [], rows, verdict, facts);
    }
  }
  return verdict;
}

const explains = ({ lane, from, to }: Disturbance, { venue, symbol, noticedAt }: GapFact) =>
  lane.entry.venue === venue &&
  lane.symbols.includes(symbol) &&
  noticedAt >= from - BEFORE_MS &&
  noticedAt <= to + AFTER_MS;

async function compareTrades(
  rig: Rig,
  { entry, dialect }: Lane,
  symbol: string,
  trades: readonly WireTrade[],
  gaps: readonly GapFact[],
  verdict: FeedVerdict,
  facts: { trades: number; missing: number },
): Promise<void> {
  const listing = list(symbol);
  const archived = await readArchive(rig, entry.venue, symbol);
  verdict.duplicates += archived.rows - archived.byId.size;
  for (const trade of trades) {
    facts.trades++;
    verdict.ledgerTrades++;
    const id = dialect.tradeId?.(fromLedger(trade, listing)) ?? String(trade.t);
    const row = archived.byId.get(id);
    if (row === undefined) {
      const isReported = gaps.some(
        ({ state, fromTs, toTs }) =>
          state === 'unfillable' && trade.T >= fromTs && trade.T <= (toTs ?? Number.POSITIVE_INFINITY),
      );
      if (isReported) verdict.missingReported++;
      else verdict.missing++;
      facts.missing++;
    } else if (row !== describe(trade)) verdict.wrong++;
  }
}

const describe = ({ p, q, T, m }: WireTrade) =>
  [canonicalDecimal(p), canonicalDecimal(q), T, m ? 'sell' : 'buy'].join(' ');

async function readArchive({ sql }: Rig, venue: string, symbol: string) {
  const byId = new Map<string, string>();
  let rows = 0;
  const query = sql<{ tradeId: string; price: string; size: string; ts: number; side: string }[]>`
    SELECT trade_id, price, size, ts, side FROM trades JOIN instruments ON id = instrument_id
    WHERE venue = ${venue} AND symbol = ${symbol}`;
  for await (const page of query.cursor(10_000)) {
    for (const { tradeId, price, size, ts, side } of page) {
      rows++;
      byId.set(tradeId, [price, size, ts, side].join(' '));
    }
  }
  return { byId, rows };
}

async function listGaps({ sql }: Rig, since: number): Promise<GapFact[]> {
  return sql<GapFact[]>`
    SELECT venue, symbol, cause, state, noticed_at, from_ts, to_ts FROM gaps
    JOIN instruments ON instruments.id = instrument_id WHERE noticed_at >= ${since}`;
}

const emptyVerdict = (): FeedVerdict => ({
  ...{ ledgerTrades: 0, missing: 0, missingReported: 0, duplicates: 0, wrong: 0 },
  ...{ openGaps: 0, unfillableGaps: 0, closedGaps: 0, falseGaps: 0, cutsWithoutRow: 0, shutdownGaps: 0 },
  venues: {},
});
