import type { BookUpdate, MarketEvent, Trade } from '../../domain/market.ts';

/** All but books, which are rebuilt rather than merged. */
type Fact = Exclude<MarketEvent, BookUpdate>;

/**
 * Makes one stream of two sockets that tell the same: nothing missing, nothing twice, no symbol's trades out of order.
 *
 * The first socket goes on telling, and what it tells is remembered; what the second says is kept. Once a symbol's
 * trades have been seen on both, the two overlap, and the second may take over: it tells what it kept and the first
 * had not told, and from then on whatever is new. Quotes, candles and the like: the newest counts, and never goes back.
 */
export class Handover {
  /** The last trade of each symbol that was told before the second socket came. */
  readonly #before: ReadonlyMap<string, Trade>;
  /** Ids told by the first since then, and the newest of every other kind. */
  readonly #told = new Map<string, Set<string>>();
  readonly #newest = new Map<string, Fact>();
  /** Of the second, until it takes over. */
  #keptTrades: Trade[] = [];
  readonly #keptOthers = new Map<string, Fact>();

  constructor(before: ReadonlyMap<string, Trade>) {
    this.#before = new Map(before);
  }

  /** The first socket tells this. */
  tell(events: readonly MarketEvent[]): void {
    for (const event of events) {
      if (event.type === 'trade') {
        const ids = this.#told.get(event.symbol) ?? new Set();
        this.#told.set(event.symbol, ids.add(event.id));
      } else if (event.type !== 'book') this.#newest.set(keyOf(event), event);
    }
  }

  /** The second socket says this. */
  keep(events: readonly MarketEvent[]): void {
    for (const event of events) {
      if (event.type === 'trade') {
        if (!this.#isOfBefore(event)) this.#keptTrades.push(event);
      } else if (event.type === 'candle' && event.closed) {
        this.#keptOthers.set(`${keyOf(event)} ${event.ts}`, event);
      } else if (event.type !== 'book') this.#keptOthers.set(keyOf(event), event);
    }
  }

  /** Whether every symbol whose trades the second socket has said is known from both. */
  get isOverlapping(): boolean {
    const seen = new Set<string>();
    const said = new Set<string>();
    for (const trade of this.#keptTrades) {
      said.add(trade.symbol);
      if (this.#told.get(trade.symbol)?.has(trade.id)) seen.add(trade.symbol);
    }
    return said.size === seen.size;
  }

  /** The second socket takes over: what it kept and the first has not told, in order. */
  release(): Fact[] {
    const kept: Fact[] = [...this.#keptTrades, ...[...this.#keptOthers.values()].sort((a, b) => a.ts - b.ts)];
    this.#keptTrades = [];
    this.#keptOthers.clear();
    return this.sift(kept) as Fact[];
  }

  /** Of what the second socket says after it has taken over, what the first had not told. */
  sift(events: readonly MarketEvent[]): readonly MarketEvent[] {
    return events.filter((event) => this.#isNew(event));
  }

  #isNew(event: MarketEvent): boolean {
    if (event.type === 'book') return true;
    if (event.type === 'trade') {
      return !this.#told.get(event.symbol)?.has(event.id) && !this.#isOfBefore(event);
    }
    const newest = this.#newest.get(keyOf(event));
    const isNew = !newest || isAfter(event, newest);
    if (isNew) this.#newest.set(keyOf(event), event);
    return isNew;
  }

  /** Venues repeat their last trades to whoever subscribes. A lower id of a later time is a row that began anew. */
  #isOfBefore({ symbol, id, ts }: Trade): boolean {
    const last = this.#before.get(symbol);
    return last !== undefined && ts <= last.ts && !isHigher(id, last.id);
  }
}

/** Whole numbers of any length by their size; ids of another kind have no order, so that only the same is not higher. */
function isHigher(id: string, than: string): boolean {
  if (!/^\d+$/.test(id) || !/^\d+$/.test(than)) return id !== than;
  return id.length === than.length ? id > than : id.length > than.length;
}

const keyOf = (event: Fact): string =>
  event.type === 'candle'
    ? `${event.type} ${event.symbol} ${event.interval}`
    : `${event.type} ${event.symbol}`;

function isAfter(event: Fact, newest: Fact): boolean {
  if (event.ts !== newest.ts) return event.ts > newest.ts;
  return !(newest.type === 'candle' && newest.closed);
}
