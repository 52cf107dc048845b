import { now } from '../shared/clock.ts';
import type { Config } from '../shared/config.ts';
import type { MarketEvent, Trade } from '../shared/domain/market.ts';
import type { Book } from '../shared/exchanges/book.ts';
import type { Log } from '../shared/log.ts';
import type { Metrics } from '../shared/metrics.ts';
import { BOOK_LEVELS } from '../shared/prices/keys.ts';
import type { PriceWriter } from '../shared/prices/writer.ts';
import type { Batcher } from './batcher.ts';
import type { Continuity } from './continuity.ts';
import { FlowMeter, flowOptions } from './flow-meter.ts';
import type { GapWatch } from './gap-watch.ts';
import type { Glimpse } from './glimpse.ts';
import { RateKeeper } from './rate-keeper.ts';

interface Books {
  book(symbol: string): Book | undefined;
}

interface IntakeDeps {
  venue: string;
  config: Config;
  batcher: Batcher;
  continuity: Continuity;
  gaps: GapWatch;
  prices: PriceWriter;
  glimpse: Glimpse;
  metrics: Metrics;
  log: Log;
  /** Events are taken again after some were shed since then (UTC ms). */
  onShed(since: number): void;
}

/** Where the events of a feed part ways: to the archive, to the price cache, to people's eyes. Never waits. */
export class Intake {
  readonly #deps: IntakeDeps;
  readonly #symbols = new Set<string>();
  readonly #flow: FlowMeter;
  readonly #rates = new RateKeeper();
  readonly #shedTrades = new Set<string>();
  #shed = 0;
  #shedSince = 0;

  constructor(deps: IntakeDeps) {
    this.#deps = deps;
    this.#flow = new FlowMeter(flowOptions(deps.config));
  }

  take(events: readonly MarketEvent[], books: Books): void {
    const { batcher, prices, glimpse, metrics, venue } = this.#deps;
    for (const event of events) {
      if (event.type === 'trade') {
        prices.trade(event);
        glimpse.trade(event);
        this.#flow.trade(event);
        if (this.#hasRoom()) this.#trade(event);
        else this.#shedTrade(event);
      } else if (event.type === 'candle') {
        prices.candle(event);
        glimpse.candle(event);
        if (event.closed && this.#hasRoom()) batcher.candle(event);
      } else if (event.type === 'quote') {
        prices.quote(event);
      } else if (event.type === 'book') {
        this.#showBook(event.symbol, books);
        this.#keepFlow(event.symbol, books);
        metrics.events.inc({ venue, type: 'book' });
      } else if (event.type === 'funding') {
        if (this.#hasRoom() && this.#rates.isNewFunding(event)) batcher.funding(event);
      } else if (this.#hasRoom() && this.#rates.isDueMark(event)) batcher.mark(event);
    }
  }

  /** The state of the feed changed, and with it perhaps that of its books. */
  showBooks(books: Books): void {
    for (const symbol of this.#symbols) this.#showBook(symbol, books);
  }

  /** Archives the top of every live book that has moved, every so often; returns the undo. */
  keepBooks(books: Books, symbols: readonly string[], everyMs: number): () => void {
    const kept = new Map<string, number>();
    const timer = setInterval(() => {
      for (const symbol of symbols) {
        const book = books.book(symbol);
        if (book?.state !== 'live' || kept.get(symbol) === book.ts || !this.#hasRoom()) continue;
        kept.set(symbol, book.ts);
        this.#deps.batcher.book({ symbol, ts: book.ts, receivedAt: now(), ...book.top(BOOK_LEVELS) });
      }
    }, everyMs);
    return () => clearInterval(timer);
  }

  #keepFlow(symbol: string, books: Books) {
    const facts = this.#flow.book(symbol, books.book(symbol));
    if (facts && this.#hasRoom()) this.#deps.batcher.flow(facts);
  }

  #trade(trade: Trade) {
    const { batcher, continuity } = this.#deps;
    batcher.trade(trade, continuity.accept(trade));
  }

  #shedTrade({ symbol }: Trade) {
    this.#shedTrades.add(symbol);
    this.#deps.gaps.lost([symbol], 'overflow', 'neither queue nor spool nor memory had room for it');
  }

  #showBook(symbol: string, books: Books) {
    const book = books.book(symbol);
    if (!book) return;
    this.#symbols.add(symbol);
    this.#deps.prices.book(symbol, book);
  }

  /**
   * Where neither queue nor spool takes anything memory holds only so much; what comes beyond is left out here, is a
   * gap up to the next trade that is taken, and is fetched from the venue then.
   */
  #hasRoom(): boolean {
    const { batcher, config, log } = this.#deps;
    if (batcher.events < config.BUFFER_MAX_EVENTS) {
      if (this.#shed > 0) {
        log.warn({ shed: this.#shed }, 'taking events again; those left out are asked for');
        this.#shed = 0;
        this.#deps.gaps.heard(this.#shedTrades);
        this.#shedTrades.clear();
        this.#deps.onShed(this.#shedSince);
      }
      return true;
    }
    if (this.#shed++ === 0) {
      this.#shedSince = now();
      log.error({ held: batcher.events }, 'queues, spool and memory are full: leaving events out');
    }
    return false;
  }
}
