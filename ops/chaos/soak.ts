import { cpus } from 'node:os';
import { monotonic, now, sleep } from '../../shared/clock.ts';
import { nativeEntries } from '../../shared/exchanges/entries.ts';
import { listMetrics } from '../../shared/queue/heartbeat.ts';
import { puttingAway } from '../putting-away.ts';
import { engineId, type Rig, startRig, untilRecorded } from './feed-rig.ts';
import { MemoryLog, type MemoryTrend } from './memory-log.ts';
import type { SimStatus } from './sim-client.ts';

export interface SoakOptions {
  minutes: number;
  venues: number;
  symbols: number;
  say: (text: string) => void;
}

export interface SoakReport {
  venues: number;
  symbols: number;
  minutes: number;
  /** Trades archived, and a second; each counted once for every venue that told it. */
  trades: number;
  tradesPerSecond: number;
  /** With the changes of books and all else that was kept; best quotes, which are not counted, come on top. */
  eventsPerSecond: number;
  missing: number;
  duplicates: number;
  openGaps: number;
  /** Rows of the gap ledger: nothing was done that could explain one. */
  gaps: number;
  /** The longest that the newest archived trade of a venue was behind, in ms. */
  worstLagMs: number;
  /** After the first third, which is for warming up; the simulated exchange is beside the point. */
  memory: Record<string, MemoryTrend>;
  memoryTotal: { mean: number; slopePerHour: number };
  /** Whether, in the time that was measured, all of it grew by a twentieth at most, and each process by a fifth. */
  flat: boolean;
}

const SAMPLE_MS = 5_000;
const RECORDED_LIMIT_MS = 600_000;
const QUIET_LIMIT_MS = 180_000;
/** Events a second of each symbol to begin with. */
const RATE = 1;
/**
 * The governor: with so much of the processors idle and so little lag faster, with less or more slower. Beyond that
 * processes starve, fall silent to each other and cut themselves off.
 */
const FASTER = { idle: 0.25, lagMs: 1_500 };
const SLOWER = { idle: 0.12, lagMs: 4_000 };
const FASTEST = 200;

/** Runs the real thing for so long, as fast as its own lag allows, and looks at its memory and its completeness. */
export function soak({ minutes, venues, symbols, say }: SoakOptions): Promise<SoakReport> {
  return puttingAway('chaos', async (releasers) => {
    const entries = nativeEntries().filter(({ venue }) => venue !== 'sim');
    const bases = Array.from({ length: symbols }, (_, index) => `C${String(index).padStart(2, '0')}X`);
    const rig = await startRig(
      { entries: entries.slice(0, venues), bases, rate: RATE, count: venues, say },
      releasers,
    );
    await untilRecorded(rig, RECORDED_LIMIT_MS);
    say(`${venues} × ${symbols} symbols are being recorded`);
    return { venues, symbols, minutes, ...(await run(rig, minutes * 60_000, say)) };
  });
}

async function run(rig: Rig, ms: number, say: SoakOptions['say']) {
  const before = await rig.sim.status();
  const eventsBefore = await countEvents(rig);
  const beganAt = now();
  const startedAt = monotonic();
  const { sim: _, ...ours } = rig.pids;
  const memory = new MemoryLog(ours);
  const processors = new Processors();
  let [factor, worstLagMs] = [1, 0];
  while (monotonic() - startedAt < ms) {
    await sleep(SAMPLE_MS);
    memory.sample();
    const lagMs = await lagOf(rig);
    worstLagMs = Math.max(worstLagMs, lagMs);
    const idle = processors.idleShare();
    if (idle < SLOWER.idle || lagMs > SLOWER.lagMs) factor = Math.max(0.2, factor * 0.7);
    else if (idle > FASTER.idle && lagMs < FASTER.lagMs) factor = Math.min(FASTEST, factor * 1.1);
    await rig.sim.order({ burst: { factor, ms: 60_000 } });
    say(
      `${Math.round((monotonic() - startedAt) / 1_000)} s: lag ${lagMs} ms, ${Math.round(idle * 100)} % idle, rate × ${factor.toFixed(2)}`,
    );
  }
  const events = (await countEvents(rig)) - eventsBefore;
  await rig.sim.order({ burst: { factor: 0.2, ms: QUIET_LIMIT_MS } });
  const after = await rig.sim.status();
  const seconds = (monotonic() - startedAt) / 1_000;
  const outcome = await untilWhole(rig, { before, after, beganAt }, say);
  const measuredMs = (ms * 2) / 3;
  const trends = memory.trends(beganAt + ms - measuredMs);
  const all = Object.values(trends);
  const sum = (key: 'mean' | 'slopePerHour') => Math.round(all.reduce((total, each) => total + each[key], 0));
  return {
    ...outcome,
    tradesPerSecond: Math.round(outcome.trades / seconds),
    eventsPerSecond: Math.round(events / seconds),
    worstLagMs,
    memory: trends,
    memoryTotal: { mean: sum('mean'), slopePerHour: sum('slopePerHour') },
    flat:
      hasGrownBy({ mean: sum('mean'), slopePerHour: sum('slopePerHour') }, measuredMs) <= 0.05 &&
      all.every((trend) => hasGrownBy(trend, measuredMs) <= 0.2),
  };
}

/** How busy all processors of the machine are. */
class Processors {
  #last = this.#read();

  /** Of the time since the last look, what they had nothing to do in. */
  idleShare(): number {
    const [before, after] = [this.#last, this.#read()];
    this.#last = after;
    return (after.idle - before.idle) / Math.max(1, after.all - before.all);
  }

  #read() {
    const times = cpus().map((cpu) => cpu.times);
    const idle = times.reduce((sum, each) => sum + each.idle, 0);
    const busy = times.reduce((sum, { user, nice, sys, irq }) => sum + user + nice + sys + irq, 0);
    return { idle, all: idle + busy };
  }
}

/** As a share of itself. */
const hasGrownBy = ({ mean, slopePerHour }: Pick<MemoryTrend, 'mean' | 'slopePerHour'>, ms: number) =>
  (slopePerHour * ms) / 3_600_000 / mean;

/** All that producers say they took, of which the newest two seconds are not said yet. */
async function countEvents({ redis, config }: Rig): Promise<number> {
  const texts = await listMetrics(redis, config.NAMESPACE);
  const counts = texts.flatMap((text) => [...text.matchAll(/^millrace_events_total\{[^}]*\} (\d+)/gm)]);
  return counts.reduce((sum, [, count]) => sum + Number(count), 0);
}

/** How far behind the venue whose newest archived trade is the oldest is. */
async function lagOf({ sql, lanes }: Rig): Promise<number> {
  const newest = await Promise.all(
    lanes.map(async ({ entry, symbols }) => {
      const [row] = await sql<{ ts: number | null }[]>`
        SELECT max(newest.ts) AS ts FROM instruments CROSS JOIN LATERAL (
          SELECT ts FROM trades WHERE instrument_id = instruments.id ORDER BY ts DESC LIMIT 1
        ) AS newest WHERE venue = ${entry.venue} AND symbol = ANY (${symbols})`;
      return row?.ts ?? 0;
    }),
  );
  return Math.max(0, now() - Math.min(...newest));
}

interface Stretch {
  before: SimStatus;
  after: SimStatus;
  beganAt: number;
}

/** Ids of the engine have no holes: so many trades there were between two moments, so many must be archived. */
async function countAll({ sql, lanes }: Rig, { before, after, beganAt }: Stretch) {
  let [trades, missing, duplicates] = [0, 0, 0];
  for (const { entry, symbols } of lanes) {
    for (const symbol of symbols) {
      const [from, to] = [before.markets[engineId(symbol)], after.markets[engineId(symbol)]];
      if (!from || !to) throw new Error(`the simulated exchange has no ${symbol}`);
      const [row] = await sql<{ rows: number; ids: number }[]>`
        SELECT count(*) AS rows, count(DISTINCT trade_id) AS ids FROM trades
        WHERE instrument_id = (SELECT id FROM instruments WHERE venue = ${entry.venue} AND symbol = ${symbol})
          AND ts > ${from.ts} AND ts <= ${to.ts}`;
      trades += row?.ids ?? 0;
      missing += to.lastId - from.lastId - (row?.ids ?? 0);
      duplicates += (row?.rows ?? 0) - (row?.ids ?? 0);
    }
  }
  const [gaps] = await sql<{ rows: number; open: number }[]>`
    SELECT count(*) AS rows, count(*) FILTER (WHERE state = 'open') AS open FROM gaps WHERE noticed_at >= ${beganAt}`;
  return { trades, missing, duplicates, openGaps: gaps?.open ?? 0, gaps: gaps?.rows ?? 0 };
}

async function untilWhole(rig: Rig, stretch: Stretch, say: SoakOptions['say']) {
  const deadline = monotonic() + QUIET_LIMIT_MS;
  for (;;) {
    const outcome = await countAll(rig, stretch);
    say(
      `${outcome.missing} of ${outcome.trades + outcome.missing} trades missing, ${outcome.openGaps} gaps open`,
    );
    if ((outcome.missing === 0 && outcome.openGaps === 0) || monotonic() > deadline) return outcome;
    await sleep(SAMPLE_MS);
  }
}
