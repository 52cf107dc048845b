import type { Call, ConnectionInfo, Dialect, Route } from './dialect.ts';
import { Faults } from './faults.ts';
import type { Market } from './market.ts';
import { Session } from './session.ts';

/** What clients were refused or cut for. */
export interface Breaches {
  messages: number;
  connects: number;
  weight: number;
}

/** One dialect as it is served: where, with which of the engine's markets, and what is being done to its clients. */
export class Desk {
  readonly dialect: Dialect;
  /** `/okx/swap`; empty for the simulated exchange's own address. */
  readonly prefix: string;
  readonly faults = new Faults();
  readonly breaches: Breaches = { messages: 0, connects: 0, weight: 0 };
  readonly #markets = new Map<string, Market>();
  readonly #delisted = new Set<Market>();

  constructor(dialect: Dialect, markets: Iterable<Market>, prefix = `/${dialect.venue}/${dialect.market}`) {
    this.dialect = dialect;
    this.prefix = prefix;
    for (const market of markets) {
      const wire = dialect.spell(market.listing);
      if (wire !== undefined) this.#markets.set(wire, market);
    }
  }

  /** Whether an order to `okx`, `okx:swap` or everyone means this desk. */
  isMeant(venue: string | undefined): boolean {
    const { dialect } = this;
    return venue === undefined || venue === dialect.venue || venue === `${dialect.venue}:${dialect.market}`;
  }

  find = (wire: string): Market | undefined => {
    const market = this.#markets.get(wire);
    return market && this.isListed(market) ? market : undefined;
  };

  /** Those that are listed. */
  markets = (): [wire: string, market: Market][] =>
    [...this.#markets].filter(([, market]) => this.isListed(market));

  /** Takes a symbol, `ETH/USDT`, from the list, or puts it there again: what is not listed is not spoken of. */
  list(symbol: string, isListed: boolean): void {
    for (const market of this.#markets.values()) {
      if (market.listing.symbol !== symbol) continue;
      if (isListed) this.#delisted.delete(market);
      else this.#delisted.add(market);
    }
  }

  isListed = (market: Market): boolean => !this.#delisted.has(market);

  /** The path below the prefix, undefined for one that is not ours. */
  below(pathname: string): string | undefined {
    if (!this.prefix) return pathname;
    return pathname.startsWith(`${this.prefix}/`) ? pathname.slice(this.prefix.length) : undefined;
  }

  /** A connection's session, undefined where nothing listens at the path. */
  connect({ path, query }: Pick<ConnectionInfo, 'path' | 'query'>): Session | undefined {
    const isServed = this.dialect.sockets.some((socket) => path === socket || path.startsWith(`${socket}/`));
    return isServed ? new Session(this.dialect.connect({ path, query, find: this.find })) : undefined;
  }

  route(method: string, path: string): { route: Route; params: Call['params'] } | undefined {
    for (const route of this.dialect.routes) {
      if ((route.method ?? 'GET') !== method) continue;
      if (typeof route.path === 'string') {
        if (route.path === path) return { route, params: {} };
      } else {
        const match = route.path.exec(path);
        if (match) return { route, params: { ...match.groups } };
      }
    }
    return undefined;
  }
}

/** How often something happened in the current window, by key. */
export class Tally {
  readonly #perMs: number;
  #window = 0;
  #used = new Map<string, number>();

  constructor(perMs: number) {
    this.#perMs = perMs;
  }

  use(key: string, amount: number, at: number): number {
    const window = Math.floor(at / this.#perMs);
    if (window !== this.#window) {
      this.#window = window;
      this.#used.clear();
    }
    const used = (this.#used.get(key) ?? 0) + amount;
    this.#used.set(key, used);
    return used;
  }
}
