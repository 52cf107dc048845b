import type { Venue } from '../../shared/exchanges/venue.ts';

/** What we use of a ccxt.pro exchange that is fed by hand. */
interface CcxtPro {
  setMarkets(markets: object[]): void;
  client(url: string): { onMessage(event: { data: string }): void };
  orderBook(snapshot: object, depth: number): CcxtBook;
  parseOrderBook(body: unknown, symbol: string): object;
  orderbooks: Record<string, CcxtBook | undefined>;
  trades: Record<string, { id: string }[] | undefined>;
}

interface CcxtBook {
  nonce: number | undefined;
  bids: [number, number][];
  asks: [number, number][];
  reset(snapshot: object): void;
}

type Side = readonly (readonly [unknown, unknown])[];

/**
 * ccxt's own way with a frame, offline: the text goes into `onMessage` of the client object that its socket would
 * call, which parses it and calls the exchange's `handleMessage` → `handleTrade`, `handleOrderBook` … Nobody awaits
 * a `watch…`, so the cost of waking a reader, which every live use pays, is not counted.
 */
export class CcxtReader {
  readonly #exchange: CcxtPro;
  readonly #client: ReturnType<CcxtPro['client']>;

  constructor(exchange: CcxtPro, url: string) {
    this.#exchange = exchange;
    this.#client = exchange.client(url);
  }

  read(frame: string): void {
    this.#client.onMessage({ data: frame });
  }

  /** Gives it a whole book that came over REST, as its own `watchOrderBook` would. */
  seedBook(symbol: string, body: { lastUpdateId?: number }): void {
    const book = this.#exchange.orderBook({}, 5_000);
    book.reset(this.#exchange.parseOrderBook(body, symbol));
    book.nonce = body.lastUpdateId;
    this.#exchange.orderbooks[symbol] = book;
  }

  lastTradeId(symbol: string): string | undefined {
    return this.#exchange.trades[symbol]?.at(-1)?.id;
  }

  /** The best levels of both sides as numbers. */
  top(symbol: string, depth: number): { bids: [number, number][]; asks: [number, number][] } | undefined {
    const book = this.#exchange.orderbooks[symbol];
    return book && { bids: numbers(book.bids, depth), asks: numbers(book.asks, depth) };
  }
}

export const numbers = (side: Side, depth: number): [number, number][] =>
  side.slice(0, depth).map(([price, size]) => [Number(price), Number(size)]);

/** Makes such readers for a venue; ccxt is large and is loaded once. */
export async function ccxtReaders(
  venue: Venue,
  symbols: readonly string[],
): Promise<{ version: string; create(): CcxtReader }> {
  const { default: ccxt } = await import('ccxt');
  const pro = ccxt.pro as unknown as Record<string, new () => CcxtPro>;
  const Exchange = pro[venue.history.ccxtId];
  if (!Exchange) throw new Error(`ccxt.pro has no exchange ${venue.history.ccxtId}`);
  const markets = symbols.map((symbol) => marketOf(symbol, venue.wireSymbol(symbol)));
  const create = () => {
    const exchange = new Exchange();
    exchange.setMarkets(markets);
    return new CcxtReader(exchange, venue.streamUrl);
  };
  return { version: ccxt.version, create };
}

/** The market as `loadMarkets` would have it, as far as the handlers look. */
function marketOf(symbol: string, id: string): object {
  const [pair = '', settle] = symbol.split(':');
  const [base, quote] = pair.split('/');
  const contract = settle !== undefined;
  return {
    ...{
      id,
      wsId: symbol,
      symbol,
      base,
      quote,
      settle,
      baseId: base,
      quoteId: quote,
      active: true,
      info: {},
    },
    ...{ type: contract ? 'swap' : 'spot', spot: !contract, swap: contract, future: false, option: false },
    ...{ contract, linear: contract && settle === quote, inverse: contract && settle === base },
    ...{ contractSize: contract ? 1 : undefined, precision: { price: 0.1, amount: 1e-8 }, limits: {} },
  };
}
