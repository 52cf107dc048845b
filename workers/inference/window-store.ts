import type { Redis } from 'ioredis';
import type { Config } from '../../shared/config.ts';
import type { Series } from '../../shared/db/evaluations.ts';
import { readEntry } from '../../shared/exchanges/entries.ts';
import { FAST, SLOW } from '../../shared/strategies/registry.ts';
import type { Windows } from './evaluator.ts';

/** What Redis has of one series. */
export interface StoredWindows {
  /** The mark as it stands, `""` when there is none: what a write expects to find. */
  mark: string;
  /** Undefined when lists and mark do not belong together. */
  windows: Windows | undefined;
}

/**
 * The moving windows of every series, as Redis lists that anybody can read: `BTC/USDT:1s:ma50` and `:ma200` hold the
 * last closes, oldest first; venues other than that of the first supported exchange stand in front (`kraken:BTC/USDT:1m:ma50`).
 * `<namespace>:window:<venue>:<symbol>:<interval>` says which candle is the last and how many there are.
 */
export class WindowStore {
  readonly #redis: Redis;
  readonly #config: Config;

  constructor(redis: Redis, config: Config) {
    this.#redis = redis;
    this.#config = config;
  }

  async read(series: Series): Promise<StoredWindows> {
    const [fastKey, slowKey, markKey] = this.#keys(series);
    const replies = await this.#redis
      .multi()
      .hmget(markKey, 'ts', 'count')
      .lrange(fastKey, '0', '-1')
      .lrange(slowKey, '0', '-1')
      .exec();
    const [[ts, count], fast, slow] = (replies ?? []).map(([error, reply]) => {
      if (error) throw error;
      return reply;
    }) as [[string | null, string | null], string[], string[]];
    const whole = ts && slow.length === Number(count) && slow.slice(-FAST).join() === fast.join();
    return { mark: ts ?? '', windows: whole ? { ts: Number(ts), closes: slow } : undefined };
  }

  /**
   * Sets the windows to `next` if the mark is still what `before` says, all at once; `false` when it is not.
   * Closes that follow on what is stored are pushed, anything else replaces it.
   */
  async advance(series: Series, before: StoredWindows, next: Windows, stepMs: number): Promise<boolean> {
    const added = before.windows ? (next.ts - before.windows.ts) / stepMs : Number.POSITIVE_INFINITY;
    const follows = added >= 0 && added < next.closes.length;
    const done = await advanceScript(this.#redis)(
      ...this.#keys(series),
      before.mark,
      String(next.ts),
      follows ? 'push' : 'replace',
      ...(follows ? next.closes.slice(next.closes.length - added) : next.closes),
    );
    return done === 1;
  }

  #keys({ venue, symbol, interval }: Series): [fast: string, slow: string, mark: string] {
    const [first = ''] = this.#config.SUPPORTED_EXCHANGES;
    const name = `${venue === readEntry(first).venue ? '' : `${venue}:`}${symbol}:${interval}`;
    const mark = `${this.#config.NAMESPACE}:window:${venue}:${symbol}:${interval}`;
    return [`${name}:ma${FAST}`, `${name}:ma${SLOW}`, mark];
  }
}

type Advance = (...keysAndArguments: string[]) => Promise<number>;

/** One script, so that lists and mark never part: a job that runs twice finds the mark moved and changes nothing. */
function advanceScript(redis: Redis): Advance {
  const commands = redis as Redis & { advanceWindows?: Advance };
  if (!commands.advanceWindows) redis.defineCommand('advanceWindows', { numberOfKeys: 3, lua: ADVANCE });
  return (...all) => (commands.advanceWindows as Advance).apply(redis, all);
}

const ADVANCE = `
local mark = redis.call('HGET', KEYS[3], 'ts') or ''
if mark ~= ARGV[1] then return 0 end
if ARGV[3] == 'replace' then redis.call('DEL', KEYS[1], KEYS[2]) end
for i = 4, #ARGV do
  redis.call('RPUSH', KEYS[1], ARGV[i])
  redis.call('RPUSH', KEYS[2], ARGV[i])
end
redis.call('LTRIM', KEYS[1], -${FAST}, -1)
redis.call('LTRIM', KEYS[2], -${SLOW}, -1)
redis.call('HSET', KEYS[3], 'ts', ARGV[2], 'count', redis.call('LLEN', KEYS[2]))
return 1`;
