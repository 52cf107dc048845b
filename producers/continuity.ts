import type { Redis } from 'ioredis';
import type { Trade } from '../shared/domain/market.ts';

/** A stretch of trade ids that never got onto the queue, or may have been lost on it; both ids included. */
export interface Gap {
  symbol: string;
  /** `0`: nobody here knows where it begins; the archive does. */
  fromId: string;
  toId: string;
  cause: string;
}

/**
 * Knows for every symbol the last trade id that was put onto the queue, and finds what is missing before the next.
 *
 * `accept` compares ids in the order of arrival: a disconnect, a dropped frame or shed load leaves a hole there.
 * `advance` keeps the cursors in Redis after a batch is on its queue, and compares what Redis holds with what was
 * written last: a producer that died finds its place again at the start, and a Redis that was emptied or set back
 * shows at the next batch. Venues whose trade ids are no whole numbers are not watched.
 */
export class Continuity {
  readonly #redis: Redis;
  readonly #key: string;
  readonly #accepted = new Map<string, { id: number; ts: number }>();
  readonly #written = new Map<string, string>();

  constructor({ redis, namespace, venue }: { redis: Redis; namespace: string; venue: string }) {
    this.#redis = redis;
    this.#key = `${namespace}:cursors:${venue}`;
  }

  /** Reads where the last producer of this venue stopped; rejects while Redis is away. */
  async seed(): Promise<void> {
    const cursors = await this.#redis.hgetall(this.#key);
    for (const [symbol, id] of Object.entries(cursors)) {
      this.#written.set(symbol, id);
      this.#accepted.set(symbol, { id: Number(id), ts: 0 });
    }
  }

  /** Takes note of a trade that goes into a batch; returns the gap before it, if there is one. */
  accept({ symbol, id: text, ts }: Trade): Gap | undefined {
    const id = Number(text);
    if (!Number.isSafeInteger(id)) return undefined;
    const last = this.#accepted.get(symbol);
    if (!last) {
      this.#accepted.set(symbol, { id, ts });
      return gapBefore(symbol, 0, id, 'no cursor in Redis: a first start, or Redis was emptied');
    }
    if (id === last.id + 1) {
      last.id = id;
      last.ts = ts;
      return undefined;
    }
    const isLate = id <= last.id && ts <= last.ts;
    if (isLate) return undefined;
    const gap =
      id > last.id
        ? gapBefore(symbol, last.id + 1, id, last.ts === 0 ? 'the producer was not running' : 'trades missed')
        : undefined;
    this.#accepted.set(symbol, { id, ts });
    return gap;
  }

  /**
   * Moves the cursors (symbol → trade id) behind a batch that is on its queue. What Redis turns out to have lost goes
   * to `onLost` before the cursor moves on. Rejects while Redis is away; may be called again with the same cursors.
   */
  async advance(cursors: ReadonlyMap<string, string>, onLost: (gap: Gap) => Promise<void>): Promise<void> {
    if (cursors.size === 0) return;
    const moves = [...cursors].flatMap(([symbol, id]) => [symbol, this.#written.get(symbol) ?? '', id]);
    const differing = (await this.#redis.eval(MOVE_CURSORS, 1, this.#key, ...moves)) as string[];
    for (let i = 0; i < differing.length; i += 2) {
      const [symbol, held] = [differing[i] as string, differing[i + 1] as string];
      // Up to this batch's own last trade: it was on its queue before Redis was looked at.
      const next = Number(cursors.get(symbol)) + 1;
      const gap = gapBefore(symbol, held ? Number(held) + 1 : 0, next, 'Redis lost what it held');
      if (gap) await onLost(gap);
    }
    if (differing.length > 0) await this.#redis.hset(this.#key, ...[...cursors].flat());
    for (const [symbol, id] of cursors) this.#written.set(symbol, id);
  }
}

function gapBefore(symbol: string, fromId: number, id: number, cause: string): Gap | undefined {
  return fromId < id ? { symbol, fromId: String(fromId), toId: String(id - 1), cause } : undefined;
}

/** Sets each field that holds what is expected, or already the new value; returns the others with what they hold. */
const MOVE_CURSORS = `
local differing = {}
for i = 1, #ARGV, 3 do
  local held = redis.call('HGET', KEYS[1], ARGV[i]) or ''
  if held == ARGV[i + 1] or held == ARGV[i + 2] then
    redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 2])
  else
    differing[#differing + 1] = ARGV[i]
    differing[#differing + 1] = held
  end
end
return differing`;
