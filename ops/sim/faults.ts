import { z } from 'zod';
import { malformedFrames, pick } from './malformed.ts';
import { type Random, seeded } from './random.ts';
import type { Frame } from './session.ts';

const every = z.int().min(0).optional();
const duration = z.int().min(0).max(3_600_000).optional();

/**
 * What can be done to the clients over `POST /sim/control`, from loopback only. Each field is set on its own; a
 * counter, limit or duration of 0 switches its fault off. "Every n-th" counts the frames of all connections of a desk.
 */
export const faultOrders = z.strictObject({
  /** Whose clients: `okx` or `okx:swap`; everyone's without. */
  venue: z.string().optional(),
  /** Reset every socket now. */
  cut: z.literal(true).optional(),
  /** Reset every socket now, and every connection and call for so many ms. */
  outageMs: duration,
  /** Announce a shutdown in the venue's words (`serverShutdown`, `64008`), without cutting. */
  announceShutdown: z.literal(true).optional(),
  /** For so many ms nothing is sent on any socket, pings included; what happens meanwhile is lost to them. */
  stallMs: duration,
  /** Sockets that are open now stay open and say nothing any more; later ones work. */
  freeze: z.literal(true).optional(),
  /** Take a symbol, `ETH/USDT`, from the list: its streams fall silent, REST knows it no more; or put it back. */
  delist: z.string().optional(),
  relist: z.string().optional(),
  /** Every n-th trade frame is not sent. */
  dropTradeEvery: every,
  /** Every n-th book frame is not sent. */
  dropDepthEvery: every,
  /** Every n-th frame of trades or books is sent twice. */
  repeatEvery: every,
  /** Every n-th frame of trades or books is held back until two more have gone out. */
  lateEvery: every,
  /** Every n-th change of a book tells one size wrong. */
  corruptEvery: every,
  /** Send so many malformed frames now, on every socket. */
  malformed: z.int().min(1).max(1_000).optional(),
  /** Play a lawful oddity of the sequence rule now: `reset`, `keepAlive`, `restart`, `repeat`. */
  quirk: z.string().optional(),
  /** REST weight a minute above which the venue refuses, in place of its own limit. */
  weightLimit: every,
  /** HTTP status of that refusal: 429, or 418 for a ban. */
  refusal: z.int().min(400).max(599).optional(),
  /** Every REST answer comes so many ms late. */
  slowRestMs: duration,
  /** So many times as many events, for so many ms; concerns the one engine, and so everyone. */
  burst: z.strictObject({ factor: z.number().min(0).max(1_000), ms: z.int().min(0) }).optional(),
});
export type FaultOrders = z.infer<typeof faultOrders>;

type Lasting = 'dropTradeEvery' | 'dropDepthEvery' | 'repeatEvery' | 'lateEvery';

/** The faults of one desk that last. Stream frames pass through `bend`. */
export class Faults {
  #stalledUntil = 0;
  #downUntil = 0;
  readonly #every: Record<Lasting, number> = {
    dropTradeEvery: 0,
    dropDepthEvery: 0,
    repeatEvery: 0,
    lateEvery: 0,
  };
  readonly #seen: Record<Lasting, number> = { ...this.#every };
  /** How often each fault really changed what a client got. */
  readonly done: Record<'dropped' | 'repeated' | 'late', number> = { dropped: 0, repeated: 0, late: 0 };
  readonly #held = new WeakMap<object, { frame: Frame; after: number }[]>();
  readonly #random: Random;
  corruptEvery = 0;
  weightLimit = 0;
  refusal = 0;
  slowRestMs = 0;

  constructor(seed = 0) {
    this.#random = seeded(seed, 'malformed frames');
  }

  set(orders: FaultOrders, at: number): void {
    if (orders.stallMs !== undefined) this.#stalledUntil = at + orders.stallMs;
    if (orders.outageMs !== undefined) this.#downUntil = at + orders.outageMs;
    for (const name of Object.keys(this.#every) as Lasting[])
      this.#every[name] = orders[name] ?? this.#every[name];
    this.corruptEvery = orders.corruptEvery ?? this.corruptEvery;
    this.weightLimit = orders.weightLimit ?? this.weightLimit;
    this.refusal = orders.refusal ?? this.refusal;
    this.slowRestMs = orders.slowRestMs ?? this.slowRestMs;
  }

  isStalled(at: number): boolean {
    return at < this.#stalledUntil;
  }

  /** Nothing of the venue can be reached. */
  isDown(at: number): boolean {
    return at < this.#downUntil;
  }

  /** What becomes of the frames of one connection: some are left out, said twice or held back. */
  bend(connection: object, frames: Frame[]): Frame[] {
    const { dropTradeEvery, dropDepthEvery, repeatEvery, lateEvery } = this.#every;
    const held = this.#held.get(connection);
    if (!held?.length && !(dropTradeEvery + dropDepthEvery + repeatEvery + lateEvery)) return frames;
    return frames.flatMap((frame) => this.#bendOne(connection, frame));
  }

  malformed(count: number, frames: readonly Frame[]): string[] {
    const sample = () => pick(frames, this.#random)?.text;
    return [...malformedFrames(sample, count, this.#random)];
  }

  describe() {
    const { corruptEvery, weightLimit, slowRestMs } = this;
    const until = { stalledUntil: this.#stalledUntil, downUntil: this.#downUntil };
    return { ...until, ...this.#every, corruptEvery, weightLimit, slowRestMs, done: this.done };
  }

  #bendOne(connection: object, frame: Frame): Frame[] {
    const isTrade = frame.kind === 'trades';
    if (!isTrade && frame.kind !== 'book') return [frame];
    const out: Frame[] = [];
    if (this.#isDue(isTrade ? 'dropTradeEvery' : 'dropDepthEvery')) this.done.dropped++;
    else if (this.#isDue('lateEvery')) this.#hold(connection, frame);
    else out.push(frame);
    if (out.length > 0 && this.#isDue('repeatEvery')) {
      this.done.repeated++;
      out.push(frame);
    }
    return [...out, ...this.#release(connection)];
  }

  #isDue(name: Lasting): boolean {
    return this.#every[name] > 0 && ++this.#seen[name] % this.#every[name] === 0;
  }

  #hold(connection: object, frame: Frame): void {
    this.done.late++;
    const held = this.#held.get(connection) ?? [];
    this.#held.set(connection, held);
    held.push({ frame, after: 3 });
  }

  #release(connection: object): Frame[] {
    const held = this.#held.get(connection);
    if (!held?.length) return [];
    for (const one of held) one.after--;
    return held.splice(0, held.findLastIndex(({ after }) => after <= 0) + 1).map(({ frame }) => frame);
  }
}
