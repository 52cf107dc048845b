import { monotonic, now, sleep } from '../../clock.ts';
import type { MarketEvent, Trade } from '../../domain/market.ts';
import type { Book } from '../book.ts';
import type { Subscription } from '../venue.ts';
import { type Dialer, dialerOf } from './dialer.ts';
import type { BrokenBook } from './feed-books.ts';
import { Handover } from './handover.ts';
import { Line, type LineHandlers, type LinePlan } from './line.ts';
import { Redial } from './redial.ts';
import type { Ending } from './session.ts';

export interface ConnectionHandlers extends Pick<LineHandlers, 'onFrame' | 'onFetched' | 'onBadFrame'> {
  /** The one stream that all sockets of this connection make. */
  onEvents(events: readonly MarketEvent[], receivedAt: number): void;
  onRefused(reason: string): void;
  /** Frames are missing before the events that come next; the socket is given up for it. */
  onLost(reason: string): void;
  onBroken(symbol: string, cause: BrokenBook): void;
  /** The first frame that could be read came in: the venue is there. */
  onLive(): void;
  /** Cut, or not to be reached; the next attempt starts by itself. */
  onDown(reason: string): void;
  /** A second socket has taken over from the first, and nothing was lost. */
  onHandover(reason: string): void;
}

/** How long a second socket listens beside the first before it takes over, at least and at most. */
const SETTLE_MS = 1_000;
const OVERLAP_MS = 30_000;
const LOOK_MS = 25;
/** How often a connection without work looks for some. */
const IDLE_MS = 250;
/** For so long after its beginning, a socket may still say what was told before it. */
const SIFT_MS = 60_000;

/**
 * One stream that is kept up for ever. A cut is followed by the next attempt at once, then by others ever more rarely. Before
 * the venue's life limit, or when it announces its end, a second socket is opened beside the first and takes over
 * once it is as live: no trade is lost or told twice, and every book stays live throughout.
 */
export class Connection {
  readonly #plan: LinePlan;
  readonly #handlers: ConnectionHandlers;
  readonly #dialer: Dialer;
  readonly #stop = new AbortController();
  /** Symbols that were given up. */
  readonly #left = new Set<string>();
  readonly #lastTrades = new Map<string, Trade>();
  #serving: Line;
  #arriving: Line | undefined;
  /** Between the two sockets that listen now, and between the one that serves and those before it. */
  #overlapping: Handover | undefined;
  #behind: Handover | undefined;
  #siftUntil = 0;
  #sessions = 0;
  #running: Promise<void> | undefined;
  #replacing: Promise<void> | undefined;

  constructor(plan: Omit<LinePlan, 'left'>, handlers: ConnectionHandlers) {
    this.#plan = { ...plan, left: this.#left };
    this.#handlers = handlers;
    this.#dialer = dialerOf(plan.url, plan.venue);
    this.#serving = this.#newLine();
  }

  start(): void {
    this.#running ??= this.#run();
  }

  async close(): Promise<void> {
    this.#stop.abort();
    for (const line of this.#lines) line.session?.close('closed by us');
    await Promise.all([this.#running, this.#replacing]);
  }

  /** The book of a symbol; undefined until the first word of it. */
  book(symbol: string): Book | undefined {
    return this.#serving.books.get(symbol);
  }

  /** What is held of this symbol may be wrong: it is stale at once, and asked for anew. */
  distrust(symbol: string, cause: BrokenBook): void {
    this.#serving.books.distrust(symbol, cause);
  }

  /** The same for all of its symbols. */
  distrustAll(cause: BrokenBook): void {
    for (const { books } of this.#lines) {
      for (const symbol of this.#plan.books) books.distrust(symbol, cause);
    }
  }

  /** Takes a symbol's subscriptions back, where it carries any. */
  leave(symbol: string): void {
    const subscriptions = this.#of(symbol);
    if (subscriptions.length === 0 || this.#left.has(symbol)) return;
    this.#left.add(symbol);
    for (const line of this.#lines) {
      line.books.leave(symbol);
      line.session?.leave(subscriptions);
      if (this.isIdle) line.session?.close('it has nothing to carry');
    }
  }

  /** Subscribes to it again. */
  join(symbol: string): void {
    if (!this.#left.delete(symbol)) return;
    for (const line of this.#lines) line.session?.join(this.#of(symbol));
  }

  hasLeft(symbol: string): boolean {
    return this.#left.has(symbol);
  }

  /** All it carried was given up: it connects again when something is taken up. */
  get isIdle(): boolean {
    return this.#plan.subscriptions.every(({ symbol }) => this.#left.has(symbol));
  }

  /** How many whole books are wanted that are not there. */
  get waiting(): number {
    return this.#lines.reduce((sum, { books }) => sum + books.waiting, 0);
  }

  get #lines(): Line[] {
    return this.#arriving ? [this.#serving, this.#arriving] : [this.#serving];
  }

  #of = (symbol: string): Subscription[] =>
    this.#plan.subscriptions.filter((subscription) => subscription.symbol === symbol);

  async #run() {
    const { signal } = this.#stop;
    while (await this.#mayConnect(signal)) {
      const { reason, retryAfterMs } = await this.#serve();
      this.#dialer.ended(this, liveMsOf(this.#serving));
      if (signal.aborted) return;
      if (retryAfterMs) this.#dialer.shut(retryAfterMs);
      this.#handlers.onDown(reason);
    }
  }

  /** When there is something to carry and the venue allows it; false when it is over. */
  async #mayConnect(signal: AbortSignal): Promise<boolean> {
    while (this.isIdle && (await sleep(IDLE_MS, signal)));
    return this.#dialer.turn(this, signal);
  }

  /** From a new socket to the end of it, or of the last of those that took over. */
  async #serve(): Promise<Ending> {
    this.#siftFrom(this.#lastTrades.size > 0 ? new Handover(this.#lastTrades) : undefined);
    this.#serving.connect(++this.#sessions);
    for (;;) {
      const line = this.#serving;
      const ending = (await line.ended) as Ending;
      if (line !== this.#serving) continue;
      const next = this.#arriving;
      if (!next?.isUp || !next.session?.liveAt || this.#stop.signal.aborted) {
        this.#dismiss(next);
        return ending;
      }
      this.#takeOverFrom(next, ending.reason);
    }
  }

  #newLine(): Line {
    const { onFrame, onFetched, onBadFrame } = this.#handlers;
    return new Line(this.#plan, {
      ...{ onFrame, onFetched, onBadFrame },
      onEvents: (line, events, receivedAt) => {
        if (line === this.#serving) this.#tell(this.#sift(events), receivedAt);
        else if (line === this.#arriving) this.#overlapping?.keep(events);
      },
      onControl: (line, control) => {
        if (line !== this.#serving) return;
        if (control.type === 'refused') this.#handlers.onRefused(control.reason);
        if (control.type === 'reconnect' && control.lost) this.#handlers.onLost(control.reason);
      },
      onOpen: () => this.#dialer.reached(),
      onLive: (line) => {
        if (line === this.#serving) this.#handlers.onLive();
      },
      onBroken: (line, symbol, cause) => {
        if (line === this.#serving) this.#handlers.onBroken(symbol, cause);
      },
      onLeave: (line, reason) => {
        if (line === this.#serving) this.#replace(reason);
      },
    });
  }

  #tell(events: readonly MarketEvent[], receivedAt: number) {
    for (const event of events) if (event.type === 'trade') this.#lastTrades.set(event.symbol, event);
    if (events.length > 0) this.#handlers.onEvents(events, receivedAt);
  }

  /** What was told before is left out; while a second socket listens, note is taken of what is told. */
  #sift(events: readonly MarketEvent[]): readonly MarketEvent[] {
    if (this.#behind && monotonic() > this.#siftUntil) this.#behind = undefined;
    const untold = this.#behind?.sift(events) ?? events;
    this.#overlapping?.tell(untold);
    return untold;
  }

  #siftFrom(behind: Handover | undefined) {
    this.#behind = behind;
    this.#siftUntil = monotonic() + SIFT_MS;
  }

  #replace(reason: string) {
    this.#replacing ??= this.#makeBeforeBreak(reason).finally(() => {
      this.#replacing = undefined;
      const { isUp, leaving } = this.#serving;
      if (isUp && leaving && !this.#stop.signal.aborted) this.#replace(leaving);
    });
  }

  /** Tries until a second socket has taken over, or the first has ended by itself. */
  async #makeBeforeBreak(reason: string) {
    const { signal } = this.#stop;
    const { session } = this.#serving;
    const isWaiting = () => this.#serving.session === session && this.#serving.isUp && !signal.aborted;
    const redial = new Redial(this.#plan.venue.limits.reconnectFloorMs);
    while (isWaiting()) {
      if (!(await this.#dialer.second(signal)) || !isWaiting()) return;
      if (await this.#overlap()) return this.#handlers.onHandover(reason);
      await sleep(redial.waitMs(undefined), signal);
    }
  }

  /** Lets a second socket listen beside the first; whether it has taken over in the end. */
  async #overlap(): Promise<boolean> {
    const next = this.#newLine();
    this.#overlapping = new Handover(this.#lastTrades);
    this.#arriving = next;
    next.connect(++this.#sessions);
    const giveUpAt = monotonic() + OVERLAP_MS;
    while (this.#arriving === next && next.isUp) {
      const isLate = monotonic() > giveUpAt;
      const isProven = this.#overlapping?.isOverlapping === true;
      if (this.#isAsLive(next) && (isProven || isLate)) {
        if (isProven) this.#takeOver(next);
        else this.#takeOverFrom(next, 'another socket took over, and trades between the two may be missing');
        return true;
      }
      if (isLate || !(await sleep(LOOK_MS, this.#stop.signal))) break;
    }
    this.#dismiss(next);
    return false;
  }

  #isAsLive({ session, books }: Line): boolean {
    return session?.isSettled(SETTLE_MS) === true && books.areAsLiveAs(this.#serving.books);
  }

  /** As after a cut: something may have been lost. */
  #takeOverFrom(next: Line, reason: string) {
    this.#handlers.onDown(reason);
    this.#takeOver(next);
    this.#handlers.onLive();
  }

  #takeOver(next: Line) {
    const before = this.#serving;
    next.books.succeed(before.books);
    this.#serving = next;
    this.#arriving = undefined;
    this.#siftFrom(this.#overlapping);
    this.#overlapping = undefined;
    this.#tell([...next.books.wholes(), ...(this.#behind?.release() ?? [])], now());
    before.session?.close('another socket has taken over');
  }

  #dismiss(line: Line | undefined) {
    if (!line || line !== this.#arriving) return;
    this.#arriving = undefined;
    this.#overlapping = undefined;
    line.session?.close('not needed');
  }
}

/** How long the session that has just ended was live; undefined where it never was. */
function liveMsOf({ session }: Line): number | undefined {
  return session?.liveAt === undefined ? undefined : monotonic() - session.liveAt;
}
