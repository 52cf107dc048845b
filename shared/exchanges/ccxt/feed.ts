import type { Exchange } from 'ccxt';
import { backoffMs, monotonic, now, sleep } from '../../clock.ts';
import type { MarketEvent } from '../../domain/market.ts';
import { messageOf, RejectError } from '../../errors.ts';
import { Book } from '../book.ts';
import type { FeedStatus } from '../feed/feed.ts';
import type { FeedEvents, RunningFeed } from '../running-feed.ts';
import type { Subscription } from '../venue.ts';
import type { CcxtVenue } from './exchange.ts';
import { CcxtStreams, type News } from './streams.ts';

export interface CcxtFeedOptions extends FeedEvents {
  venue: CcxtVenue;
  subscriptions: readonly Subscription[];
  /** A book that has not moved for so long is stale. */
  freshMs?: number;
}

const FRESH_MS = 30_000;
/** Waits before a subscription is asked for again, after trouble with the connection and after a refusal. */
const BROKEN_WAIT = { floorMs: 1_000 };
const REFUSED_WAIT = { floorMs: 5_000, baseMs: 10_000, capMs: 120_000 };
const LOOK_MS = 500;
const KEPT_CHARACTERS = 2_000;

/** One subscription that is followed, and how it goes. */
interface Followed {
  subscription: Subscription;
  stop: AbortController;
  running: Promise<void>;
  heard: boolean;
  /** Why it brings nothing now; the exchange's refusal of this one alone, or trouble with the connection. */
  trouble?: { reason: string; refused: boolean };
}

/**
 * A feed over ccxt's own streams, which connect, subscribe and keep books by themselves. What comes out is what other
 * feeds give, less what ccxt can't promise: nothing shows that a book missed a change, so it is live only while it
 * moves; nothing but time shows that trades are missing; digits are those of floats.
 */
export class CcxtFeed implements RunningFeed {
  readonly #options: CcxtFeedOptions;
  readonly #exchange: Exchange;
  readonly #followed = new Map<string, Followed>();
  readonly #books = new Map<string, Book>();
  readonly #streams: CcxtStreams;
  readonly #status: FeedStatus;
  #heardAt = monotonic();
  #heard = false;
  #closed = false;
  #watch: NodeJS.Timeout | undefined;

  constructor(options: CcxtFeedOptions) {
    const { name: venue, market, label, exchange } = options.venue;
    this.#options = options;
    this.#exchange = exchange;
    this.#streams = new CcxtStreams(exchange, venue);
    this.#status = {
      ...{ venue, market, label, state: 'connecting', reason: undefined },
      ...{
        since: now(),
        reconnects: 0,
        handovers: 0,
        brokenBooks: 0,
        audits: 0,
        failedAudits: 0,
        badFrames: 0,
      },
    };
  }

  start(): void {
    this.#heardAt = monotonic();
    this.#watch ??= setInterval(() => this.#look(), LOOK_MS);
    for (const subscription of this.#options.subscriptions) this.#follow(subscription);
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#watch);
    const followed = [...this.#followed.values()];
    for (const { stop } of followed) stop.abort();
    await this.#exchange.close();
    await Promise.all(followed.map(({ running }) => running));
    for (const book of this.#books.values()) book.disconnect();
    this.#change('closed', undefined);
  }

  get status(): FeedStatus {
    return { ...this.#status };
  }

  book(symbol: string): Book | undefined {
    return this.#books.get(symbol);
  }

  /** Its messages are ignored from here on: ccxt can take back a subscription on few exchanges only. */
  leave(symbol: string): void {
    for (const [key, { subscription, stop }] of this.#followed) {
      if (subscription.symbol !== symbol) continue;
      stop.abort();
      this.#followed.delete(key);
    }
    this.#books.get(symbol)?.disconnect();
    this.#options.onInterrupted?.(new Set([symbol]), 'the exchange does not list it');
    this.#summarize();
  }

  join(symbol: string): void {
    for (const subscription of this.#options.subscriptions) {
      if (subscription.symbol === symbol) this.#follow(subscription);
    }
  }

  #follow(subscription: Subscription) {
    const { channel, symbol, interval = '' } = subscription;
    const key = `${channel} ${symbol} ${interval}`;
    if (this.#closed || this.#followed.has(key)) return;
    const stop = new AbortController();
    const followed: Followed = { subscription, stop, running: Promise.resolve(), heard: false };
    this.#followed.set(key, followed);
    followed.running = this.#run(followed, stop.signal);
  }

  /** Waits for news of one subscription, again and again; ccxt connects anew by itself when it is asked anew. */
  async #run(followed: Followed, signal: AbortSignal) {
    for (let attempt = 0; !signal.aborted; ) {
      const news = await untilAborted(this.#ask(followed), signal);
      if (news === 'trouble') {
        const isRefused = followed.trouble?.refused ?? false;
        await sleep(backoffMs(attempt++, isRefused ? REFUSED_WAIT : BROKEN_WAIT), signal);
      } else if (news) {
        attempt = 0;
        this.#hear(followed);
        this.#take(news);
      }
    }
  }

  async #ask(followed: Followed): Promise<News[] | 'trouble'> {
    try {
      return await this.#streams.next(followed.subscription);
    } catch (error) {
      const isGivenUp = followed.stop.signal.aborted;
      if (!isGivenUp) this.#suffer(followed, messageOf(error).slice(0, 200), !isNetworkError(error));
      return 'trouble';
    }
  }

  #take(news: readonly News[]) {
    const events: MarketEvent[] = [];
    for (const read of news) {
      try {
        events.push(...read());
      } catch (error) {
        this.#setAside(error);
      }
    }
    for (const event of events) {
      if (event.type !== 'book') continue;
      const book = this.#books.get(event.symbol) ?? new Book({ snapshot: 'stream' });
      this.#books.set(event.symbol, book);
      book.apply(event);
    }
    if (events.length > 0) this.#options.onEvents(events, now());
  }

  #setAside(error: unknown) {
    if (!(error instanceof RejectError)) throw error;
    this.#status.badFrames++;
    const frame = error.message.slice(0, KEPT_CHARACTERS);
    this.#options.onBadFrame?.({ receivedAt: now(), reason: error.message, bytes: frame.length, frame });
  }

  #hear(followed: Followed) {
    this.#heardAt = monotonic();
    this.#heard = true;
    const { subscription, trouble, heard } = followed;
    if (subscription.channel === 'trades' && (trouble || !heard)) {
      this.#options.onResumed?.(new Set([subscription.symbol]));
    }
    followed.heard = true;
    delete followed.trouble;
    if (this.#status.state !== 'live' || this.#status.reason) this.#summarize();
  }

  #suffer(followed: Followed, reason: string, refused: boolean) {
    const { channel, symbol } = followed.subscription;
    followed.trouble = { reason: refused ? `refused ${channel} of ${symbol}: ${reason}` : reason, refused };
    if (channel === 'book') this.#lose(symbol);
    if (channel === 'trades') this.#options.onInterrupted?.(new Set([symbol]), reason);
    this.#summarize();
    if (refused) this.#options.onRefused?.();
  }

  /** Every so often: a stream that went quiet, books that stand still. */
  #look() {
    const { freshMs = FRESH_MS, venue } = this.#options;
    for (const [symbol, book] of this.#books) {
      if (book.state === 'live' && now() - book.receivedAt > freshMs) this.#lose(symbol);
    }
    const { silenceMs } = venue.limits;
    if (this.#followed.size === 0 || monotonic() - this.#heardAt <= silenceMs) return;
    this.#heardAt = monotonic();
    // Everything that waits is rejected by it, and asks anew.
    this.#exchange.close().catch((error) => this.#change('down', messageOf(error)));
  }

  #lose(symbol: string) {
    this.#books.get(symbol)?.disconnect();
    this.#options.onBook?.(symbol);
  }

  /** Trouble with a connection makes the feed down; what was refused is said, and the rest is live. */
  #summarize() {
    const troubles = [...this.#followed.values()].flatMap(({ trouble }) => (trouble ? [trouble] : []));
    const broken = troubles.find(({ refused }) => !refused);
    if (broken) this.#change('down', broken.reason);
    else if (this.#heard) this.#change('live', troubles[0]?.reason);
    else if (troubles[0]) this.#change('connecting', troubles[0].reason);
  }

  #change(state: FeedStatus['state'], reason: string | undefined) {
    if (state === this.#status.state && reason === this.#status.reason) return;
    if (state !== this.#status.state) this.#status.since = now();
    if (state === 'down' && this.#status.state !== 'down') {
      this.#status.reconnects++;
      this.#options.onFact?.({ type: 'cut', reason: reason ?? 'unknown' });
    }
    this.#status.state = state;
    this.#status.reason = reason;
    this.#options.onStatus?.(this.status);
  }
}

/** Undefined when the wait was given up. */
async function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  let giveUp = () => {};
  const aborted = new Promise<undefined>((resolve) => {
    giveUp = () => resolve(undefined);
    signal.addEventListener('abort', giveUp, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', giveUp);
  }
}

/** ccxt's word for what may go away by itself, its own closing of a socket among it. */
function isNetworkError(error: unknown): boolean {
  const names: string[] = [];
  for (let type = error; type; type = Object.getPrototypeOf(type)) names.push(type.constructor?.name ?? '');
  return names.includes('OperationFailed') || names.includes('ExchangeClosedByUser');
}
