import { monotonic, now, sleep } from '../../shared/clock.ts';
import type { Entry } from '../../shared/exchanges/entries.ts';
import { puttingAway } from '../putting-away.ts';
import type { Breaches } from '../sim/desk.ts';
import { seeded } from '../sim/random.ts';
import type { FaultCounts } from './fault-counts.ts';
import { type Rig, startRig, untilRecorded } from './feed-rig.ts';
import { type FeedVerdict, judgeFeed, readTruth } from './feed-verdict.ts';
import { type RehearsedFigures, rehearse } from './rehearsed-faults.ts';
import { type ByFeed, SocketFaults } from './socket-faults.ts';

export const FEED_FAULTS = ['X1', 'X2', 'X3', 'X4', 'X5', 'X6', 'X7', 'X8', 'X9', 'X10'] as const;

export interface FeedOptions {
  entries: readonly Entry[];
  faults: ReadonlySet<string>;
  /** Of every venue at once. */
  cuts: number;
  counts: FaultCounts;
  /** Events a second of each symbol. */
  rate: number;
  seed: number;
  /** Coins traded on every venue. */
  bases: readonly string[];
  say: (text: string) => void;
}

export interface FeedReport extends FeedVerdict {
  cuts: number;
  /** Cuts of one venue that really cut it off. */
  outages: number;
  /** X5: ms from the silence until every channel was subscribed to anew, at worst, and what is allowed. */
  X5?: ByFeed<{ tookMs: number; allowedMs: number }>;
  /** X6: announced cuts, and how long sockets took to be back after one that was not, ms at worst. */
  X6?: { announced: number; worstBackMs: ByFeed };
  /**
   * X7: every venue cut at once, so often; until all books of so many symbols were live again, ms at worst; how often
   * a venue had to refuse us for connecting, saying or asking too much. `pauses`: the cuts that waited until a feed's
   * last connects no longer counted, because the venue's limit has no room for all of them twice.
   */
  X7: {
    storms: number;
    symbols: number;
    pauses: ByFeed;
    worstLiveMs: ByFeed;
    refusals: number;
    refused: Record<string, Breaches>;
  };
  /** X8: long outages, REST and all, and how long sockets then took to be back, ms at worst. */
  X8?: { outages: number; longestMs: number; worstBackMs: ByFeed };
  /** X10: ten times the rate for so long, and what the largest producer's memory grew by. */
  X10?: { factor: number; seconds: number; grownMB: number };
  /** X1, X2, X3, X4 and X9, by venue. */
  rehearsed: Record<string, RehearsedFigures>;
  seconds: number;
}

const RECORDED_LIMIT_MS = 120_000;
/** Hundreds of gaps are closed as fast as the venues' REST limits allow. */
const QUIET_LIMIT_MS = 900_000;
const LOOK_EVERY_MS = 3_000;

/** Breaks the feeds of the chosen venues in every way of X1–X10, then compares record, gap ledger and truth. */
export async function breakFeeds(options: FeedOptions): Promise<FeedReport> {
  const startedAt = monotonic();
  const rehearsed: FeedReport['rehearsed'] = {};
  for (const entry of options.entries) {
    rehearsed[entry.name] = rehearse(entry, options.faults, options);
    options.say(`${entry.name} without a socket: ${JSON.stringify(rehearsed[entry.name])}`);
  }
  const report = await puttingAway('chaos', async (releasers) =>
    breakSockets(await startRig(options, releasers), options),
  );
  return { ...report, rehearsed, seconds: Math.round((monotonic() - startedAt) / 1_000) };
}

async function breakSockets(
  rig: Rig,
  options: FeedOptions,
): Promise<Omit<FeedReport, 'rehearsed' | 'seconds'>> {
  const { faults, cuts, counts, seed, bases, say } = options;
  await untilRecorded(rig, RECORDED_LIMIT_MS);
  const sockets = new SocketFaults(rig, seeded(seed, 'cuts'), say);
  await sockets.begin();
  const beganAt = now();
  const from = await lastIds(rig);
  const { backMs, liveMs, pauses } = await sockets.cut(cuts);
  const X5 = faults.has('X5') ? await sockets.stall(counts.stalls) : undefined;
  const announced = faults.has('X6') ? await sockets.announce(counts.announcements) : 0;
  const { outages, longestOutageMs, burstMs } = counts;
  const isLong = faults.has('X8') && outages > 0;
  const longBackMs = isLong ? await sockets.takeAwayLong(outages, longestOutageMs) : {};
  const X10 = faults.has('X10') ? await sockets.burst(burstMs) : undefined;
  const truth = await readTruth(rig, from, await lastIds(rig));
  say('waiting until nothing is missing any more');
  const { disturbances } = sockets;
  const verdict = await untilWhole(() => judgeFeed(rig, truth, disturbances, beganAt), say);
  const refused = await breachesOf(rig);
  const refusals = Object.values(refused).flatMap((breaches) => Object.values(breaches));
  return {
    cuts,
    outages: disturbances.filter(({ kind }) => kind === 'cut').length,
    ...verdict,
    ...(X5 && { X5 }),
    ...(faults.has('X6') && { X6: { announced, worstBackMs: backMs } }),
    X7: {
      ...{ storms: cuts, symbols: bases.length, pauses, worstLiveMs: liveMs },
      refusals: refusals.reduce((sum, count) => sum + count, 0),
      refused,
    },
    ...(isLong && {
      X8: { outages: outages * rig.lanes.length, longestMs: longestOutageMs, worstBackMs: longBackMs },
    }),
    ...(X10 && { X10 }),
  };
}

async function lastIds({ sim }: Rig): Promise<Map<string, number>> {
  const { markets } = await sim.status();
  return new Map(Object.entries(markets).map(([id, { lastId }]) => [id, lastId]));
}

/** Of the venues that had to refuse us. */
async function breachesOf({ sim, lanes }: Rig): Promise<Record<string, Breaches>> {
  const { desks } = await sim.status();
  return Object.fromEntries(
    lanes.flatMap(({ entry, desk }) => {
      const { connects = 0, messages = 0, weight = 0 } = desks[desk]?.breaches ?? {};
      return connects + messages + weight > 0 ? [[entry.name, { connects, messages, weight }] as const] : [];
    }),
  );
}

async function untilWhole(judge: () => Promise<FeedVerdict>, say: FeedOptions['say']): Promise<FeedVerdict> {
  const deadline = monotonic() + QUIET_LIMIT_MS;
  for (;;) {
    const verdict = await judge();
    const { missing, openGaps, ledgerTrades } = verdict;
    say(`${missing} of ${ledgerTrades} trades missing, ${openGaps} gaps open`);
    if ((missing === 0 && openGaps === 0) || monotonic() > deadline) return verdict;
    await sleep(LOOK_EVERY_MS);
  }
}
