import { monotonic, now, sleep } from '../../shared/clock.ts';
import { findVenue } from '../../shared/exchanges/venues.ts';
import { listProcesses } from '../../shared/queue/heartbeat.ts';
import type { Random } from '../sim/random.ts';
import type { Lane, Rig } from './feed-rig.ts';
import type { Disturbance } from './feed-verdict.ts';
import { residentBytes } from './memory.ts';
import { pauseBeforeCutMs } from './pause-before-cut.ts';

/** By feed; milliseconds where the name says so. */
export type ByFeed<T = number> = Record<string, T>;

const SHORTEST_CUT_MS = 200;
const LONGEST_CUT_MS = 2_000;
const SHORTEST_OUTAGE_MS = 1_000;
const BACK_LIMIT_MS = 60_000;
const LIVE_LIMIT_MS = 120_000;
/** From the end of its silence limit until a feed that fell silent has subscribed anew. */
const ALLOWED_AFTER_SILENCE_MS = 1_000 + 10_000;
const BURST_FACTOR = 10;

/** Does to the sockets of a rig what venues and networks do, and writes down what was done to whom and when. */
export class SocketFaults {
  readonly disturbances: Disturbance[] = [];
  readonly #rig: Rig;
  readonly #random: Random;
  readonly #say: (text: string) => void;
  #sockets = new Map<Lane, number>();
  /** When all of them were there, UTC ms. */
  readonly #backAt = new Map<Lane, number>();

  constructor(rig: Rig, random: Random, say: (text: string) => void) {
    this.#rig = rig;
    this.#random = random;
    this.#say = say;
  }

  /** Looks how many sockets each feed has while all is well. */
  async begin(): Promise<void> {
    const { desks } = await this.#rig.sim.status();
    this.#sockets = new Map(this.#rig.lanes.map((lane) => [lane, desks[lane.desk]?.clients ?? 0]));
    for (const lane of this.#rig.lanes) this.#backAt.set(lane, now());
  }

  /**
   * Every venue at once, each for a time of its own; every other time the next cut comes before the books are whole,
   * unless a feed needs a pause (see `pauseBeforeCutMs`): then all have it. `pauses`: how many cuts it needed one before.
   * `backMs`: until all sockets were there, from the moment that the venue could be reached; `liveMs`: until all
   * books were live, from the cut on, as the feeds themselves tell every two seconds.
   */
  async cut(times: number): Promise<{ backMs: ByFeed; liveMs: ByFeed; pauses: ByFeed }> {
    const backMs: ByFeed = {};
    const liveMs: ByFeed = {};
    const pauses: ByFeed = {};
    for (let cut = 1; cut <= times; cut++) {
      for (const { entry } of await this.#pause()) pauses[entry.name] = (pauses[entry.name] ?? 0) + 1;
      const from = now();
      const away = await this.#takeAway();
      const back = new Map<Lane, number>();
      const [, live] = await Promise.all([
        this.#untilBack(this.#rig.lanes, BACK_LIMIT_MS, back),
        cut % 2 === 1 ? this.#untilLive(back) : [],
      ]);
      for (const [lane, to] of back) {
        this.disturbances.push({ lane, kind: 'cut', from, to });
        this.#backAt.set(lane, to);
        keepWorst(backMs, lane, to - from - (away.get(lane) ?? 0));
      }
      for (const [lane, at] of live) keepWorst(liveMs, lane, at - from);
      this.#say(`cut ${cut}: up to ${Math.max(...away.values())} ms away, all back after ${now() - from} ms`);
      await sleep(500 + 1_000 * this.#random.next());
    }
    return { backMs, liveMs, pauses };
  }

  /** The sockets stay open and fall silent; until every channel was subscribed to anew. */
  async stall(times: number): Promise<ByFeed<{ tookMs: number; allowedMs: number }>> {
    const tookMs: ByFeed = {};
    for (let stall = 1; stall <= times; stall++) {
      const from = now();
      this.#say(`all sockets fall silent (${stall} of ${times})`);
      await this.#rig.sim.order({ freeze: true });
      const back = await this.#untilBack(this.#rig.lanes, 2 * BACK_LIMIT_MS);
      for (const [lane, to] of back) {
        this.disturbances.push({ lane, kind: 'stall', from, to });
        keepWorst(tookMs, lane, to - from);
      }
      await this.#untilLive(back);
    }
    const allowed = ({ venue, market }: Lane['entry']) =>
      findVenue(venue, market).limits.silenceMs + ALLOWED_AFTER_SILENCE_MS;
    return Object.fromEntries(
      this.#rig.lanes.map(({ entry }) => [
        entry.name,
        { tookMs: tookMs[entry.name] ?? 0, allowedMs: allowed(entry) },
      ]),
    );
  }

  /** The venue says that it will cut, and does so three seconds later; how many of them did. */
  async announce(times: number): Promise<number> {
    const announcing = this.#rig.lanes.filter(({ dialect }) => canAnnounce(dialect));
    for (let turn = 1; turn <= times; turn++) {
      const from = now();
      this.#say(`${announcing.length} venues announce a shutdown (${turn} of ${times})`);
      await Promise.all(
        announcing.map(({ desk }) => this.#rig.sim.order({ venue: desk, announceShutdown: true })),
      );
      await sleep(5_000);
      await this.#untilBack(this.#rig.lanes, BACK_LIMIT_MS);
      for (const lane of announcing) {
        this.disturbances.push({ lane, kind: 'shutdown', from, to: now() });
      }
    }
    return announcing.length * times;
  }

  /** Each venue away, with its REST, for times of its own; how long its sockets then took to be back at most. */
  async takeAwayLong(times: number, longestMs: number): Promise<ByFeed> {
    const backMs: ByFeed = {};
    this.#say(`${times} outages of up to ${longestMs / 1_000} s for each venue`);
    const takeAway = async (lane: Lane) => {
      for (let outage = 1; outage <= times; outage++) {
        const from = now();
        const outageMs = this.#between(SHORTEST_OUTAGE_MS, longestMs);
        await this.#rig.sim.order({ venue: lane.desk, outageMs });
        const back = await this.#untilBack([lane], outageMs + BACK_LIMIT_MS);
        const to = back.get(lane) ?? now();
        this.disturbances.push({ lane, kind: 'cut', from, to });
        keepWorst(backMs, lane, to - from - outageMs);
        await sleep(500 + 1_000 * this.#random.next());
      }
      this.#say(`${lane.entry.name} had its outages`);
    };
    await Promise.all(this.#rig.lanes.map(takeAway));
    return backMs;
  }

  /** Ten times the rate, and what the largest producer's memory grew by. */
  async burst(ms: number): Promise<{ factor: number; seconds: number; grownMB: number }> {
    const producers = Object.entries(this.#rig.pids).filter(([name]) => name.startsWith('producer'));
    const memory = () => producers.map(([, pid]) => residentBytes(pid) / 2 ** 20);
    const before = memory();
    this.#say(`${BURST_FACTOR} times the rate for ${ms / 1_000} s`);
    await this.#rig.sim.order({ burst: { factor: BURST_FACTOR, ms } });
    let grown = 0;
    for (let waited = 0; waited < ms + 2_000; waited += 500) {
      await sleep(500);
      grown = Math.max(grown, ...memory().map((mb, index) => mb - (before[index] ?? 0)));
    }
    return { factor: BURST_FACTOR, seconds: ms / 1_000, grownMB: Math.round(grown) };
  }

  /** Waits until every feed may be cut off; those that needed the pause. */
  async #pause(): Promise<Lane[]> {
    const at = now();
    const waits = this.#rig.lanes.map((lane) => {
      const { limits } = findVenue(lane.entry.venue, lane.entry.market);
      const [sockets, backAt] = [this.#sockets.get(lane) ?? 0, this.#backAt.get(lane) ?? at];
      return { lane, ms: pauseBeforeCutMs(limits, { sockets, backAt }, at) };
    });
    const pausing = waits.filter(({ ms }) => ms > 0);
    const longestMs = Math.max(0, ...pausing.map(({ ms }) => ms));
    for (const { lane, ms } of pausing) {
      const limit = `${this.#sockets.get(lane)} connections do not fit twice into its limit of connects`;
      this.#say(`${lane.entry.name} needs a pause of ${Math.round(ms / 1_000)} s: its ${limit}`);
    }
    await sleep(longestMs);
    return pausing.map(({ lane }) => lane);
  }

  async #takeAway(): Promise<Map<Lane, number>> {
    const away = new Map(
      this.#rig.lanes.map((lane) => [lane, this.#between(SHORTEST_CUT_MS, LONGEST_CUT_MS)]),
    );
    const order = ([{ desk }, outageMs]: [Lane, number]) => this.#rig.sim.order({ venue: desk, outageMs });
    await Promise.all([...away].map(order));
    return away;
  }

  /** When each lane had all of its sockets again. */
  #untilBack(lanes: readonly Lane[], limitMs: number, back?: Map<Lane, number>): Promise<Map<Lane, number>> {
    return this.#until(
      { lanes, limitMs, everyMs: 50, what: 'back' },
      async () => {
        const { desks } = await this.#rig.sim.status();
        return (lane) => (desks[lane.desk]?.clients ?? 0) >= (this.#sockets.get(lane) ?? 0);
      },
      back,
    );
  }

  /** When each feed was first heard to say that all of its books are live, of what it said after it was back. */
  #untilLive(back: ReadonlyMap<Lane, number>): Promise<Map<Lane, number>> {
    const { lanes, redis, config } = this.#rig;
    return this.#until({ lanes, limitMs: LIVE_LIMIT_MS, everyMs: 100, what: 'live' }, async () => {
      const processes = await listProcesses(redis, config.NAMESPACE);
      const said = new Map(
        processes.flatMap(({ beatAt, feeds }) => feeds.map(({ entry, state }) => [entry, { beatAt, state }])),
      );
      return (lane) => {
        const { beatAt = 0, state } = said.get(lane.entry.name) ?? {};
        return state === 'live' && beatAt >= (back.get(lane) ?? Number.POSITIVE_INFINITY);
      };
    });
  }

  async #until(
    {
      lanes,
      limitMs,
      everyMs,
      what,
    }: { lanes: readonly Lane[]; limitMs: number; everyMs: number; what: string },
    look: () => Promise<(lane: Lane) => boolean>,
    seen = new Map<Lane, number>(),
  ): Promise<Map<Lane, number>> {
    const deadline = monotonic() + limitMs;
    for (;;) {
      const isSo = await look();
      for (const lane of lanes) if (!seen.has(lane) && isSo(lane)) seen.set(lane, now());
      if (seen.size === lanes.length) return seen;
      if (monotonic() > deadline) {
        const names = lanes.filter((lane) => !seen.has(lane)).map(({ entry }) => entry.name);
        throw new Error(`not ${what} after ${limitMs / 1_000} s: ${names.join(', ')}`);
      }
      await sleep(everyMs);
    }
  }

  #between(least: number, most: number): number {
    return Math.round(least + (most - least) * this.#random.next());
  }
}

function keepWorst(worst: ByFeed, { entry }: Lane, ms: number): void {
  worst[entry.name] = Math.max(worst[entry.name] ?? 0, ms);
}

const canAnnounce = ({ connect, sockets }: Lane['dialect']): boolean =>
  connect({ path: sockets[0] ?? '/', query: new URLSearchParams(), find: () => undefined }).shutdown !==
  undefined;
