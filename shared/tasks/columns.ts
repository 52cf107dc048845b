import type { Candle, Funding, Level, Mark, Trade } from '../domain/market.ts';
import type { OrderFlow } from '../domain/order-flow.ts';
import type { EventBatch } from './batch.ts';

/** The top of a book as it is archived. */
export interface BookTop {
  symbol: string;
  ts: number;
  receivedAt: number;
  bids: readonly Level[];
  asks: readonly Level[];
}

const NO_TRADES = { symbol: '', ts: '', id: '', price: '', size: '', side: '' };
const NO_CANDLES = { symbol: '', ts: '', interval: '', open: '', high: '', low: '', close: '', volume: '' };
const NO_BOOKS = { symbol: '', ts: '', bids: '', asks: '' };
const NO_FLOWS = { symbol: '', ts: '', facts: '' };
const NO_FUNDING = { symbol: '', ts: '', rate: '', next: '' };
const NO_MARKS = { symbol: '', ts: '', price: '', index: '' };

/**
 * Events of one venue and shard as columns, each growing into a PostgreSQL array literal; no object per event is
 * made. Prices and sizes are canonical decimals by the adapters' promise and need no quoting.
 */
export class Columns {
  /** Events of all kinds. */
  count = 0;
  readonly #venue: string;
  readonly #source: EventBatch['source'];
  #receivedAt = Number.MAX_SAFE_INTEGER;
  readonly #symbols: string[] = [];
  readonly #trades = { count: 0, ...NO_TRADES };
  readonly #candles = { count: 0, ...NO_CANDLES };
  readonly #books = { count: 0, ...NO_BOOKS };
  readonly #flows = { count: 0, ...NO_FLOWS };
  readonly #funding = { count: 0, ...NO_FUNDING };
  readonly #marks = { count: 0, ...NO_MARKS };

  constructor(venue: string, source: EventBatch['source']) {
    this.#venue = venue;
    this.#source = source;
  }

  trade(trade: Trade): void {
    const { symbol, id } = trade;
    const to = this.#trades;
    this.#counted(trade.receivedAt);
    to.count++;
    to.symbol += `,${this.#indexOf(symbol)}`;
    to.ts += `,${trade.ts}`;
    to.id += PLAIN.test(id) ? `,${id}` : `,${quote(id)}`;
    to.price += `,${trade.price}`;
    to.size += `,${trade.size}`;
    to.side += trade.side === 'buy' ? ',buy' : ',sell';
  }

  candle(candle: Candle): void {
    const to = this.#candles;
    this.#counted(candle.receivedAt);
    to.count++;
    to.symbol += `,${this.#indexOf(candle.symbol)}`;
    to.ts += `,${candle.ts}`;
    to.interval += `,${candle.interval}`;
    to.open += `,${candle.open}`;
    to.high += `,${candle.high}`;
    to.low += `,${candle.low}`;
    to.close += `,${candle.close}`;
    to.volume += `,${candle.volume}`;
  }

  book(book: BookTop): void {
    const to = this.#books;
    this.#counted(book.receivedAt);
    to.count++;
    to.symbol += `,${this.#indexOf(book.symbol)}`;
    to.ts += `,${book.ts}`;
    to.bids += `,${quote(JSON.stringify(book.bids))}`;
    to.asks += `,${quote(JSON.stringify(book.asks))}`;
  }

  flow({ symbol, ts, receivedAt, ...facts }: OrderFlow): void {
    const to = this.#flows;
    this.#counted(receivedAt);
    to.count++;
    to.symbol += `,${this.#indexOf(symbol)}`;
    to.ts += `,${ts}`;
    to.facts += `,${quote(JSON.stringify(facts))}`;
  }

  funding({ symbol, ts, receivedAt, rate, nextFundingTs }: Funding): void {
    const to = this.#funding;
    this.#counted(receivedAt);
    to.count++;
    to.symbol += `,${this.#indexOf(symbol)}`;
    to.ts += `,${ts}`;
    to.rate += `,${rate}`;
    to.next += `,${nextFundingTs}`;
  }

  mark({ symbol, ts, receivedAt, price, indexPrice = 'NULL' }: Mark): void {
    const to = this.#marks;
    this.#counted(receivedAt);
    to.count++;
    to.symbol += `,${this.#indexOf(symbol)}`;
    to.ts += `,${ts}`;
    to.price += `,${price}`;
    to.index += `,${indexPrice}`;
  }

  /** The batch, as the catalogue has it. */
  build(): EventBatch {
    return {
      venue: this.#venue,
      source: this.#source,
      receivedAt: this.#receivedAt,
      symbols: this.#symbols,
      ...(this.#trades.count && { trades: closed(this.#trades) }),
      ...(this.#candles.count && { candles: closed(this.#candles) }),
      ...(this.#books.count && { books: closed(this.#books) }),
      ...(this.#flows.count && { flows: closed(this.#flows) }),
      ...(this.#funding.count && { funding: closed(this.#funding) }),
      ...(this.#marks.count && { marks: closed(this.#marks) }),
    };
  }

  #counted(receivedAt: number) {
    this.count++;
    if (receivedAt < this.#receivedAt) this.#receivedAt = receivedAt;
  }

  /** 1-based, as PostgreSQL counts. */
  #indexOf(symbol: string): number {
    const index = this.#symbols.indexOf(symbol);
    return index === -1 ? this.#symbols.push(symbol) : index + 1;
  }
}

const PLAIN = /^[0-9A-Za-z_-]+$/;

const quote = (text: string) => `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;

/** `,1,2` → `{1,2}` in every column. */
function closed<T extends Record<string, string | number>>(columns: T): T {
  const literals = Object.entries(columns).map(([name, value]) => [
    name,
    typeof value === 'string' ? `{${value.slice(1)}}` : value,
  ]);
  return Object.fromEntries(literals) as T;
}
