import type { BookUpdate, Level } from '../domain/market.ts';
import { BookSide } from './book-side.ts';
import type { BookPosition, BookRule, Checksum, Decimals } from './venue.ts';

/** `connecting`: nothing heard yet; `syncing`: waiting for its first whole book; `stale`: known to be wrong. */
export type BookState = 'connecting' | 'syncing' | 'live' | 'stale';

export interface BookCounters {
  /** Changes applied, whole books apart. */
  updates: number;
  /** Breaks in the venue's update ids. */
  gaps: number;
  /** Whole books applied after the first. */
  resyncs: number;
  /** Changes that the whole book already held, or that came while there was no book to apply them to. */
  staleBeforeSnapshot: number;
  checksums: { ok: number; bad: number };
}

/** Changes kept while a whole book is awaited; the oldest fall off, which the ids then reveal. */
const MOST_PENDING = 10_000;

/**
 * One symbol's order book that knows whether it is right. Feed it every update of the symbol in order of arrival;
 * trade on it only while `state` is `live`. A broken rule makes it `stale` until the next whole book.
 */
export class Book {
  state: BookState = 'connecting';
  readonly counters: BookCounters = {
    updates: 0,
    gaps: 0,
    resyncs: 0,
    staleBeforeSnapshot: 0,
    checksums: { ok: 0, bad: 0 },
  };
  /** The venue's time of the last update applied, and ours of its receipt; UTC ms. */
  ts = 0;
  receivedAt = 0;
  /** The venue's id of the last update applied, where it has ids. */
  id: number | undefined;

  readonly #rule: BookRule;
  readonly #checksum: Checksum | undefined;
  readonly #bids = new BookSide('bids');
  readonly #asks = new BookSide('asks');
  #pending: BookUpdate[] = [];
  #whole = 0;
  #fresh = false;
  #depth: number | undefined;
  #decimals: Decimals = [0, 0];

  constructor(rule: BookRule) {
    this.#rule = rule;
    this.#checksum = rule.checksum?.create();
  }

  /** Takes one update and returns the state it leads to. */
  apply(update: BookUpdate): BookState {
    if (update.kind === 'snapshot') this.#applySnapshot(update);
    else if (this.state === 'live') this.#applyDelta(update);
    else this.#defer(update);
    return this.state;
  }

  /** The best `depth` levels of each side, best first. */
  top(depth: number): { bids: Level[]; asks: Level[] } {
    return { bids: this.#bids.top(depth), asks: this.#asks.top(depth) };
  }

  /** Whether the best bid is above the best ask, which no venue's right book ever is. */
  get isCrossed(): boolean {
    const [bid, ask] = [this.#bids.best, this.#asks.best];
    return bid !== undefined && ask !== undefined && Number(bid[0]) > Number(ask[0]);
  }

  /** All that is held, as the venue's own whole book would say it. */
  whole(of: { venue: string; symbol: string }): BookUpdate {
    const { ts, receivedAt, id } = this;
    return {
      ...{ type: 'book', kind: 'snapshot', ...of, ts, receivedAt },
      ...{ bids: this.#bids.top(this.#bids.size), asks: this.#asks.top(this.#asks.size) },
      ...(id !== undefined && { last: id }),
      ...(this.#depth !== undefined && { depth: this.#depth }),
      ...{ decimals: this.#decimals },
    };
  }

  /** How many levels are held: bids, asks. */
  get levels(): [bids: number, asks: number] {
    return [this.#bids.size, this.#asks.size];
  }

  /** Whether this whole book ends before the changes that were kept for it begin: a newer one must be fetched. */
  isTooOld(snapshot: BookUpdate): boolean {
    const position = positionOf(snapshot);
    const next = this.#pending.find((update) => this.#judge(position, update) !== 'drop');
    return next !== undefined && this.#judge(position, next) === 'gap';
  }

  /** The connection is gone: what is held is no longer current, what was kept is of no use. */
  disconnect(): void {
    this.#pending = [];
    if (this.state !== 'connecting') this.state = 'stale';
  }

  #applySnapshot(snapshot: BookUpdate) {
    if (this.#isAheadOf(snapshot)) return;
    const before = this.state;
    this.#load(snapshot);
    if (!this.#verify(snapshot)) return;
    const pending = this.#takeFollowing(snapshot);
    const next = pending[0];
    if (next && this.#judge(this.#position, next) === 'gap') {
      if (before !== 'stale') this.counters.gaps++;
      this.state = 'stale';
      this.#pending = pending;
      return;
    }
    if (this.#whole++ > 0) this.counters.resyncs++;
    this.state = 'live';
    for (const update of pending) this.apply(update);
  }

  /** A REST book may have been overtaken while it travelled; one in the stream replaces whatever stands. */
  #isAheadOf({ last }: BookUpdate): boolean {
    if (this.#rule.snapshot === 'stream' || this.state !== 'live') return false;
    return this.id !== undefined && last !== undefined && last < this.id;
  }

  #load(snapshot: BookUpdate) {
    this.#bids.load(snapshot.bids);
    this.#asks.load(snapshot.asks);
    this.#depth = snapshot.depth;
    this.#decimals = snapshot.decimals ?? [0, 0];
    this.id = snapshot.last;
    this.#fresh = true;
    this.#stamp(snapshot);
    this.#cut();
  }

  /**
   * Drops what the whole book already holds and takes the rest. A book in the stream is newer than all that came
   * before it: what does not follow it at once belongs to the book that broke.
   */
  #takeFollowing(snapshot: BookUpdate): BookUpdate[] {
    const pending = this.#pending;
    this.#pending = [];
    const position = positionOf(snapshot);
    let following = pending.filter((update) => this.#judge(position, update) !== 'drop');
    const next = following[0];
    const isOfBefore = this.#rule.snapshot === 'stream' && next && this.#judge(position, next) === 'gap';
    if (isOfBefore) following = [];
    this.counters.staleBeforeSnapshot += pending.length - following.length;
    return following;
  }

  #applyDelta(update: BookUpdate) {
    const verdict = this.#judge(this.#position, update);
    if (verdict === 'drop') return;
    if (verdict === 'gap') {
      this.counters.gaps++;
      this.state = 'stale';
      this.#defer(update);
      return;
    }
    for (const level of update.bids) this.#bids.set(level);
    for (const level of update.asks) this.#asks.set(level);
    this.counters.updates++;
    this.id = update.last ?? this.id;
    this.#fresh = false;
    this.#stamp(update);
    this.#learnDecimals(update.decimals);
    this.#cut();
    this.#verify(update);
  }

  /** Keeps a change for the whole book to come; without ids it could never be placed. */
  #defer(update: BookUpdate) {
    if (this.state === 'connecting') this.state = 'syncing';
    const isPlaceable = this.#rule.follows && update.last !== undefined;
    if (!isPlaceable) this.counters.staleBeforeSnapshot++;
    else if (this.#pending.push(update) > MOST_PENDING) this.#pending.shift();
  }

  #judge(position: BookPosition | undefined, update: BookUpdate): 'apply' | 'drop' | 'gap' {
    return position && this.#rule.follows ? this.#rule.follows(position, update) : 'apply';
  }

  get #position(): BookPosition | undefined {
    return this.id === undefined ? undefined : { id: this.id, ts: this.ts, fresh: this.#fresh };
  }

  #stamp(update: BookUpdate) {
    this.ts = update.ts;
    this.receivedAt = update.receivedAt;
  }

  #cut() {
    if (this.#depth === undefined) return;
    this.#bids.cut(this.#depth);
    this.#asks.cut(this.#depth);
  }

  #learnDecimals(seen: BookUpdate['decimals']) {
    if (!seen || (seen[0] <= this.#decimals[0] && seen[1] <= this.#decimals[1])) return;
    this.#decimals = [Math.max(seen[0], this.#decimals[0]), Math.max(seen[1], this.#decimals[1])];
  }

  /** Compares the venue's checksum with ours; a mismatch makes the book stale. */
  #verify(update: BookUpdate): boolean {
    if (!this.#rule.checksum || !this.#checksum || update.checksum === undefined) return true;
    const { bids, asks } = this.top(this.#rule.checksum.levels);
    const good = this.#checksum(bids, asks, this.#decimals) === update.checksum;
    if (good) this.counters.checksums.ok++;
    else {
      this.counters.checksums.bad++;
      this.state = 'stale';
    }
    return good;
  }
}

function positionOf({ last, ts }: BookUpdate): BookPosition | undefined {
  return last === undefined ? undefined : { id: last, ts, fresh: true };
}
