import { monotonic, now, sleep } from '../../shared/clock.ts';
import type { Entry } from '../../shared/exchanges/entries.ts';
import { findVenue } from '../../shared/exchanges/venues.ts';
import { Releasers } from '../../shared/lifecycle.ts';
import { createLog } from '../../shared/log.ts';
import type { Breaches } from '../sim/desk.ts';
import { type Random, seeded } from '../sim/random.ts';
import { type Lane, type Rig, startRig, untilRecorded } from './feed-rig.ts';
import { type Disturbance, type FeedVerdict, judgeFeed, readTruth } from './feed-verdict.ts';
import { residentBytes } from './memory.ts';
import { type RehearsedFigures, rehearse } from './rehearsed-faults.ts';

export const FEED_FAULTS = ['X1', 'X2', 'X3', 'X4', 'X5', 'X6', 'X7', 'X8', 'X9', 'X10'] as const;

export interface FeedOptions {
  entries: readonly Entry[];
  faults: ReadonlySet<string>;
  cuts: number;
  /** Of each fault that needs no socket. */
  rounds: number;
  /** Events a second of each symbol. */
  rate: number;
  seed: number;
  bases: readonly string[];
  say: (text: string) => void;
}

export interface FeedReport extends FeedVerdict {
  cuts: number;
  /** Cuts of one venue that really cut it off. */
  outages: number;
  /** X5: ms from the silence until every channel was subscribed to anew, by venue, and what was allowed. */
  X5?: Record<string, { tookMs: number; allowedMs: number }>;
  /** X6: venues that announced a shutdown. */
  X6?: { announced: number };
  /** X7: every venue cut at once, so often; how often one had to refuse us for connecting, saying or asking too much. */
  X7: { storms: number; refusals: number; refused: Record<string, Breaches> };
  /** X8: the longest time from the beginning of an outage until all of the venue's sockets were back. */
  X8?: Record<string, { worstReconnectMs: number }>;
  /** X10: ten times the rate for so long, and what the largest producer's memory grew by. */
  X10?: { factor: number; seconds: number; grownMB: number };
  /** X1, X2, X3, X4 and X9, by venue. */
  rehearsed: Record<string, RehearsedFigures>;
  seconds: number;
}

const SHORTEST_OUTAGE_MS = 200;
const LONGEST_OUTAGE_MS = 2_000;
const BACK_LIMIT_MS = 60_000;
const RECORDED_LIMIT_MS = 120_000;
const QUIET_LIMIT_MS = 120_000;
const LOOK_EVERY_MS = 3_000;
const BURST = { factor: 10, ms: 10_000 };

/** Breaks the feeds of the chosen venues in every way of X1–X10, then compares record, gap ledger and truth. */
export async function breakFeeds(options: FeedOptions): Promise<FeedReport> {
  const startedAt = monotonic();
  const rehearsed: FeedReport['rehearsed'] = {};
  for (const entry of options.entries) {
    rehearsed[entry.name] = rehearse(entry, options.faults, options);
    options.say(`${entry.name} without a socket: ${JSON.stringify(rehearsed[entry.name])}`);
  }
  const releasers = new Releasers(createLog('chaos', 'warn'));
  try {
    const rig = await startRig(options, releasers);
    const verdict = await new Breaker(rig, options).run();
    return { ...verdict, rehearsed, seconds: Math.round((monotonic() - startedAt) / 1_000) };
  } finally {
    await releasers.close();
  }
}

class Breaker {
  readonly #rig: Rig;
  readonly #options: FeedOptions;
  readonly #random: Random;
  readonly #disturbances: Disturbance[] = [];
  readonly #worstReconnectMs: Record<string, { worstReconnectMs: number }> = {};
  #sockets = new Map<Lane, number>();

  constructor(rig: Rig, options: FeedOptions) {
    this.#rig = rig;
    this.#options = options;
    this.#random = seeded(options.seed, 'cuts');
  }

  async run(): Promise<Omit<FeedReport, 'rehearsed' | 'seconds'>> {
    const { faults, cuts, say } = this.#options;
    await untilRecorded(this.#rig, RECORDED_LIMIT_MS);
    await this.#noteSockets();
    const beganAt = now();
    const from = await this.#lastIds();
    for (let cut = 1; cut <= cuts; cut++) await this.#cut(cut);
    const X5 = faults.has('X5') ? await this.#stall() : undefined;
    const X6 = faults.has('X6') ? await this.#announce() : undefined;
    const X10 = faults.has('X10') ? await this.#burst() : undefined;
    const to = await this.#lastIds();
    const truth = await readTruth(this.#rig, from, to);
    say('waiting until nothing is missing any more');
    const verdict = await this.#untilWhole(() => judgeFeed(this.#rig, truth, this.#disturbances, beganAt));
    const { desks } = await this.#rig.sim.status();
    const refused = this.#rig.lanes.flatMap(({ entry, desk }) => {
      const { connects = 0, messages = 0, weight = 0 } = desks[desk]?.breaches ?? {};
      return connects + messages + weight > 0 ? [[entry.name, { connects, messages, weight }] as const] : [];
    });
    const counts = refused.flatMap(([, breaches]) => Object.values(breaches));
    return {
      cuts,
      outages: this.#disturbances.filter(({ kind }) => kind === 'cut').length,
      ...verdict,
      ...(X5 && { X5 }),
      ...(X6 && { X6 }),
      X7: {
        storms: cuts,
        refusals: counts.reduce((sum, count) => sum + count, 0),
        refused: Object.fromEntries(refused),
      },
      ...(cuts > 0 && { X8: this.#worstReconnectMs }),
      ...(X10 && { X10 }),
    };
  }

  /** Every venue at once, each for a time of its own. */
  async #cut(number: number): Promise<void> {
    const { sim, lanes } = this.#rig;
    const from = now();
    const longest = Math.max(
      ...(await Promise.all(
        lanes.map(async ({ desk }) => {
          const span = LONGEST_OUTAGE_MS - SHORTEST_OUTAGE_MS;
          const outageMs = Math.round(SHORTEST_OUTAGE_MS + span * this.#random.next());
          await sim.order({ venue: desk, outageMs });
          return outageMs;
        }),
      )),
    );
    const backAt = await this.#untilBack();
    for (const lane of lanes) {
      const to = backAt.get(lane) ?? now();
      this.#disturbances.push({ lane, kind: 'cut', from, to });
      const worst = this.#worstReconnectMs[lane.entry.name]?.worstReconnectMs ?? 0;
      this.#worstReconnectMs[lane.entry.name] = { worstReconnectMs: Math.max(worst, to - from) };
    }
    this.#options.say(`cut ${number}: up to ${longest} ms away, all back after ${now() - from} ms`);
    await sleep(500 + 1_000 * this.#random.next());
  }

  /** The sockets stay open and fall silent. */
  async #stall(): Promise<NonNullable<FeedReport['X5']>> {
    const { sim, lanes } = this.#rig;
    const from = now();
    this.#options.say('all sockets fall silent');
    await sim.order({ freeze: true });
    const backAt = await this.#untilBack(120_000);
    const took: NonNullable<FeedReport['X5']> = {};
    for (const lane of lanes) {
      const { venue, market, name } = lane.entry;
      const to = backAt.get(lane) ?? now();
      this.#disturbances.push({ lane, kind: 'stall', from, to });
      const allowedMs = findVenue(venue, market).limits.silenceMs + 1_000 + 10_000;
      took[name] = { tookMs: to - from, allowedMs };
    }
    return took;
  }

  /** The venue says that it will cut, and does so three seconds later. */
  async #announce(): Promise<{ announced: number }> {
    const { sim, lanes } = this.#rig;
    const announcing = lanes.filter(({ dialect }) => canAnnounce(dialect));
    const from = now();
    this.#options.say(`${announcing.length} venues announce a shutdown`);
    await Promise.all(announcing.map(({ desk }) => sim.order({ venue: desk, announceShutdown: true })));
    await sleep(5_000);
    await this.#untilBack();
    for (const lane of announcing) this.#disturbances.push({ lane, kind: 'shutdown', from, to: now() });
    return { announced: announcing.length };
  }

  async #burst(): Promise<NonNullable<FeedReport['X10']>> {
    const producers = Object.entries(this.#rig.pids).filter(([name]) => name.startsWith('producer'));
    const memory = () => producers.map(([, pid]) => residentBytes(pid) / 2 ** 20);
    const before = memory();
    this.#options.say(`${BURST.factor} times the rate for ${BURST.ms / 1_000} s`);
    await this.#rig.sim.order({ burst: BURST });
    let grown = 0;
    for (let waited = 0; waited < BURST.ms + 2_000; waited += 500) {
      await sleep(500);
      grown = Math.max(grown, ...memory().map((mb, index) => mb - (before[index] ?? 0)));
    }
    return { factor: BURST.factor, seconds: BURST.ms / 1_000, grownMB: Math.round(grown) };
  }

  async #noteSockets(): Promise<void> {
    const { desks } = await this.#rig.sim.status();
    this.#sockets = new Map(this.#rig.lanes.map((lane) => [lane, desks[lane.desk]?.clients ?? 0]));
  }

  /** When each lane had all of its sockets again. */
  async #untilBack(limitMs = BACK_LIMIT_MS): Promise<Map<Lane, number>> {
    const back = new Map<Lane, number>();
    const deadline = monotonic() + limitMs;
    while (back.size < this.#rig.lanes.length) {
      const { desks } = await this.#rig.sim.status();
      for (const [lane, wanted] of this.#sockets) {
        if (!back.has(lane) && (desks[lane.desk]?.clients ?? 0) >= wanted) back.set(lane, now());
      }
      if (monotonic() > deadline) {
        const away = this.#rig.lanes.filter((lane) => !back.has(lane)).map(({ desk }) => desk);
        throw new Error(`not back after ${limitMs / 1_000} s: ${away.join(', ')}`);
      }
      await sleep(50);
    }
    return back;
  }

  async #lastIds(): Promise<Map<string, number>> {
    const { markets } = await this.#rig.sim.status();
    return new Map(Object.entries(markets).map(([id, { lastId }]) => [id, lastId]));
  }

  async #untilWhole(judge: () => Promise<FeedVerdict>): Promise<FeedVerdict> {
    const deadline = monotonic() + QUIET_LIMIT_MS;
    for (;;) {
      const verdict = await judge();
      const { missing, openGaps, ledgerTrades } = verdict;
      this.#options.say(`${missing} of ${ledgerTrades} trades missing, ${openGaps} gaps open`);
      if ((missing === 0 && openGaps === 0) || monotonic() > deadline) return verdict;
      await sleep(LOOK_EVERY_MS);
    }
  }
}

const canAnnounce = ({ connect, sockets }: Lane['dialect']): boolean =>
  connect({ path: sockets[0] ?? '/', query: new URLSearchParams(), find: () => undefined }).shutdown !==
  undefined;
