import { monotonic, sleep } from '../../clock.ts';
import type { Level } from '../../domain/market.ts';
import { RejectError, RetryError } from '../../errors.ts';
import type { Book } from '../book.ts';
import type { BookTop } from '../venue.ts';
import type { BrokenBook } from './feed-books.ts';

export interface BookAuditOptions {
  symbols: readonly string[];
  book(symbol: string): Book | undefined;
  /** The venue's own top of the book; undefined where it can't be had. */
  fetchTop?(symbol: string): Promise<BookTop | undefined>;
  /** Whether the REST budget has room for what can wait. */
  hasRoom(): boolean;
  distrust(symbol: string, cause: BrokenBook): void;
  /** A book was compared. */
  onAudited(symbol: string, isRight: boolean): void;
  /** Each book is compared so often; 9 minutes by default. */
  everyMs?: number;
}

const EVERY_MS = 540_000;
/** A book that has not changed for so long is compared at once; where it can't be, it is asked for anew, later. */
const QUIET_MS = 60_000;
const BLIND_QUIET_MS = 300_000;
const LOOK_MS = 250;
/** A level counts as wrong when the venue says otherwise so many times running, and ours stood unchanged. */
const LOOKS = 3;
const BETWEEN_LOOKS_MS = 1_500;
/** Levels a side that are compared. */
const DEPTH = 25;

interface Watched {
  auditedAt: number;
  /** Changes and the venue's time of the book when it was last seen to change, and when that was (monotonic ms). */
  updates: number;
  ts: number;
  changedAt: number;
  /** How long it must be quiet to be looked at again. */
  patienceMs: number;
}

/**
 * Finds what no sequence shows: a level that was spoilt on its way, a symbol that its venue no longer sends. Each book
 * is compared with the venue's REST from time to time, and a quiet one sooner. A difference may be the time between two
 * answers; one that stays, in a level that ours holds unchanged, makes the book stale.
 */
export class BookAudit {
  readonly #options: BookAuditOptions;
  readonly #everyMs: number;
  readonly #quietMs: number;
  readonly #stop = new AbortController();
  readonly #watched = new Map<string, Watched>();

  constructor(options: BookAuditOptions) {
    this.#options = options;
    this.#everyMs = options.everyMs ?? EVERY_MS;
    this.#quietMs = Math.min(options.fetchTop ? QUIET_MS : BLIND_QUIET_MS, this.#everyMs);
  }

  start(): void {
    void this.#run();
  }

  /** An answer that is still awaited changes nothing any more. */
  close(): void {
    this.#stop.abort();
  }

  async #run() {
    const { signal } = this.#stop;
    while (await sleep(LOOK_MS, signal)) {
      for (const symbol of this.#options.symbols) {
        const watched = this.#watch(symbol);
        if (!watched || signal.aborted || !this.#options.hasRoom() || !this.#isDue(watched)) continue;
        watched.auditedAt = monotonic();
        await this.#audit(symbol);
      }
    }
  }

  /** Takes note of whether the book has moved; undefined while it is not live. */
  #watch(symbol: string): Watched | undefined {
    const book = this.#options.book(symbol);
    const known = this.#watched.get(symbol);
    const at = monotonic();
    const { updates } = book?.counters ?? { updates: 0 };
    const fresh = { updates, ts: book?.ts ?? 0, changedAt: at, patienceMs: this.#quietMs };
    if (!known) {
      // Spread over the time, so that not all are due together.
      this.#watched.set(symbol, { ...fresh, auditedAt: at - Math.random() * this.#everyMs });
    } else if (known.updates !== fresh.updates || known.ts !== fresh.ts) Object.assign(known, fresh);
    return book?.state === 'live' ? known : undefined;
  }

  #isDue(watched: Watched): boolean {
    const at = monotonic();
    if (at - watched.changedAt >= watched.patienceMs) {
      watched.patienceMs *= 2;
      return true;
    }
    return this.#options.fetchTop !== undefined && at - watched.auditedAt >= this.#everyMs;
  }

  async #audit(symbol: string) {
    const { fetchTop, distrust, onAudited } = this.#options;
    if (!fetchTop) return distrust(symbol, 'quiet');
    try {
      const isRight = await this.#isRight(symbol, fetchTop);
      if (isRight === undefined || this.#stop.signal.aborted) return;
      onAudited(symbol, isRight);
      if (!isRight) distrust(symbol, 'audit');
    } catch (error) {
      // Not to be reached, or nothing to compare with: the next time, then.
      if (!(error instanceof RetryError) && !(error instanceof RejectError)) throw error;
    }
  }

  /** Undefined when the book broke by itself meanwhile, or the venue has nothing to compare with. */
  async #isRight(symbol: string, fetchTop: NonNullable<BookAuditOptions['fetchTop']>) {
    const { book } = this.#options;
    let suspects: ReadonlySet<string> | undefined;
    for (let look = 0; look < LOOKS; look++) {
      if (look > 0 && !(await sleep(BETWEEN_LOOKS_MS, this.#stop.signal))) return undefined;
      const before = book(symbol)?.top(DEPTH);
      const theirs = await fetchTop(symbol);
      const after = book(symbol);
      if (!before || !theirs || after?.state !== 'live') return undefined;
      const differing = differences(before, theirs, after.top(DEPTH));
      suspects = new Set([...differing].filter((level) => suspects?.has(level) ?? true));
      if (suspects.size === 0) return true;
    }
    return false;
  }
}

/**
 * What the venue's book has otherwise than ours had both before and after it was asked, within what all three cover:
 * side, price and our size of each such level.
 */
export function differences(before: BookTop, theirs: BookTop, after: BookTop): Set<string> {
  const found = new Set<string>();
  for (const side of ['bids', 'asks'] as const) {
    const sign = side === 'bids' ? 1 : -1;
    const three = [before[side], theirs[side].slice(0, DEPTH), after[side]];
    const limit = Math.max(...three.map((levels) => sign * Number(levels.at(-1)?.[0] ?? sign * Infinity)));
    const [was, their, is] = three.map((levels) => new Map<string, string>(levels)) as SizesOfThree;
    for (const price of new Set([...was.keys(), ...their.keys(), ...is.keys()])) {
      const ours = was.get(price);
      const isCovered = sign * Number(price) >= limit;
      if (isCovered && ours === is.get(price) && ours !== their.get(price)) {
        found.add(`${side} ${price} ${ours ?? 'none'}`);
      }
    }
  }
  return found;
}

type Sizes = Map<Level[0], Level[1]>;
type SizesOfThree = [Sizes, Sizes, Sizes];
