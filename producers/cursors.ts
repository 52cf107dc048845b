import type { Redis } from 'ioredis';
import { now } from '../shared/clock.ts';
import type { Gap, Mark } from '../shared/domain/gap.ts';
import type { Span } from './parcel.ts';

/**
 * The last trade of every symbol that is on its queue, kept in Redis: a producer that died finds its place again, and
 * a Redis that was emptied or set back shows, for it no longer holds what was written last. A producer that is stopped
 * leaves word of it.
 */
export class Cursors {
  readonly #redis: Redis;
  readonly #key: string;
  readonly #stopKey: string;
  readonly #written = new Map<string, string>();
  /** Symbols whose next batch may not follow their cursor. */
  readonly #doubted = new Set<string>();
  #haveMoved = false;
  /** Whether the last producer of this name was stopped, rather than killed. */
  wasStopped = false;

  /** Producers of one venue share its cursors, each of symbols of its own. */
  constructor(of: { redis: Redis; namespace: string; venue: string; producer: string }) {
    this.#redis = of.redis;
    this.#key = `${of.namespace}:cursors:${of.venue}`;
    this.#stopKey = `${of.namespace}:stopped:${of.producer}`;
  }

  /** Reads where the last producer ended; rejects while Redis is away. */
  async read(): Promise<void> {
    for (const [symbol, text] of Object.entries(await this.#redis.hgetall(this.#key))) {
      this.#written.set(symbol, text);
    }
    this.wasStopped ||= (await this.#redis.getdel(this.#stopKey)) !== null;
  }

  /** The last trade of a symbol that was put onto its queue, as far as anybody remembers. */
  get(symbol: string): Mark | undefined {
    return parse(this.#written.get(symbol) ?? '');
  }

  /** Leaves word that the producer was stopped, if it or the one before it ran until then; rejects while Redis is away. */
  async close(): Promise<void> {
    if (this.#haveMoved || this.wasStopped) await this.#redis.set(this.#stopKey, now());
  }

  /** Batches of these symbols, of all where nobody knows, were left out: their next ones begin behind a gap. */
  doubt(symbols: Iterable<string> = this.#written.keys()): void {
    for (const symbol of symbols) this.#doubted.add(symbol);
  }

  /**
   * Moves the cursors behind a batch that is on its queue. What Redis turns out to have lost before it, and perhaps the
   * batch with it, goes to `onLost` before the cursors of those symbols move. Rejects while Redis is away; may be
   * called again with the same spans.
   */
  async move(spans: ReadonlyMap<string, Span>, onLost: (gaps: Gap[]) => Promise<void>): Promise<void> {
    if (spans.size === 0) return;
    const texts = [...spans].map(([symbol, { last }]): [string, string] => [symbol, `${last.ts} ${last.id}`]);
    const moves = texts.flatMap(([symbol, text]) => [symbol, this.#expected(symbol), text]);
    const differing = (await this.#redis.eval(MOVE, 1, this.#key, ...moves)) as string[];
    if (differing.length > 0) {
      await onLost(this.#lostBefore(spans, differing));
      await this.#redis.hset(this.#key, ...texts.flat());
    }
    this.#haveMoved = true;
    for (const [symbol, text] of texts) {
      this.#written.set(symbol, text);
      this.#doubted.delete(symbol);
    }
  }

  #expected(symbol: string): string {
    return this.#doubted.has(symbol) ? 'a batch that was left out' : (this.#written.get(symbol) ?? '');
  }

  /** From where Redis stands, or from nowhere it knows, to the beginning of the batch. */
  #lostBefore(spans: ReadonlyMap<string, Span>, differing: readonly string[]): Gap[] {
    const gaps: Gap[] = [];
    const noticedAt = now();
    for (let i = 0; i < differing.length; i += 2) {
      const symbol = differing[i] as string;
      const from = parse(differing[i + 1] as string);
      const why: Pick<Gap, 'cause' | 'detail'> = this.#doubted.has(symbol)
        ? { cause: 'overflow', detail: 'batches that nobody could read or take were left out' }
        : { cause: 'redis', detail: from ? 'Redis was set back' : 'Redis was emptied' };
      const to = (spans.get(symbol) as Span).first;
      gaps.push({ symbol, ...why, noticedAt, ...(from && { from }), to });
    }
    return gaps;
  }
}

/** `<ts> <id>` */
function parse(text: string): Mark | undefined {
  const [, ts, id] = /^(\d+) (.+)$/.exec(text) ?? [];
  return id === undefined ? undefined : { id, ts: Number(ts) };
}

/** Sets each field that holds what is expected, or already the new value; returns the others with what they hold. */
const MOVE = `
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
