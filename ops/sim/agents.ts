import type { Side } from '../../shared/domain/market.ts';
import type { Listing } from './listing.ts';
import type { Execution, OrderBook, RestingOrder } from './matching.ts';
import type { Random } from './random.ts';

/** How a market maker quotes: distances in basis points of the price, sizes in the quote currency. */
interface Style {
  halfSpread: number;
  spacing: number;
  levels: number;
  notional: number;
}

/** Two quick makers keep the touch tight; a slow one stands deep behind them. */
const STYLES: Style[] = [
  { halfSpread: 0.15, spacing: 0.2, levels: 12, notional: 3_000 },
  { halfSpread: 0.3, spacing: 0.2, levels: 12, notional: 5_000 },
  { halfSpread: 1, spacing: 1, levels: 40, notional: 30_000 },
];

/** Below this share of its full size a quote is put up afresh. */
const TOP_UP_BELOW = 0.3;
/** A quote may drift so many spacings past the far end of its ladder before it is taken down. */
const FAR_SLACK = 5;

/** One side of a market maker's ladder, quoted on a fixed grid so that a small move changes few levels. */
class Ladder {
  readonly #side: Side;
  readonly #style: Style;
  readonly #quotes = new Map<number, { order: RestingOrder; full: number }>();

  constructor(side: Side, style: Style) {
    this.#side = side;
    this.#style = style;
  }

  /** Takes down what is too near the fair price, too far from it, or nearly used up. */
  withdraw(book: OrderBook, fairTicks: number): void {
    const { near, spacing, inward } = this.#grid(fairTicks);
    const far = near - inward * spacing * (this.#style.levels + FAR_SLACK);
    for (const [ticks, { order, full }] of this.#quotes) {
      const tooNear = (ticks - near) * inward > 0;
      const tooFar = (far - ticks) * inward > 0;
      if (!tooNear && !tooFar && order.lots >= full * TOP_UP_BELOW) continue;
      if (order.lots) book.cancel(order.id);
      this.#quotes.delete(ticks);
    }
  }

  /** Fills the empty places of the ladder; a place that would trade at once stays empty this time. */
  quote(book: OrderBook, fairTicks: number, lotsOf: (notional: number) => number, random: Random): void {
    const { near, spacing, inward } = this.#grid(fairTicks);
    for (let place = 0; place < this.#style.levels; place++) {
      const ticks = near - inward * spacing * place;
      if (ticks <= 0 || this.#quotes.has(ticks)) continue;
      const full = lotsOf(this.#style.notional * (0.6 + 0.8 * random.next()));
      const order = book.postOnly(this.#side, ticks, full);
      if (order) this.#quotes.set(ticks, { order, full });
    }
  }

  /** `inward` is the direction towards the fair price: +1 for bids, which stand below it. */
  #grid(fairTicks: number) {
    const basisPoint = fairTicks / 10_000;
    const spacing = Math.max(1, Math.round(this.#style.spacing * basisPoint));
    const inward = this.#side === 'buy' ? 1 : -1;
    const edge = (fairTicks - inward * this.#style.halfSpread * basisPoint) / spacing;
    const near = (inward > 0 ? Math.floor(edge) : Math.ceil(edge)) * spacing;
    return { near, spacing, inward };
  }
}

/** The seeded crowd of one symbol: makers around the fair price, takers who lean with its recent move. */
export class Agents {
  readonly #listing: Listing;
  readonly #random: Random;
  readonly #ladders = STYLES.flatMap((style) => [new Ladder('buy', style), new Ladder('sell', style)]);

  constructor(listing: Listing, random: Random) {
    this.#listing = listing;
    this.#random = random;
  }

  /** Every maker moves its quotes to the new fair price: all withdraw before anyone quotes. */
  make(book: OrderBook, fair: number): void {
    const fairTicks = fair * 10 ** this.#listing.priceDecimals;
    for (const ladder of this.#ladders) ladder.withdraw(book, fairTicks);
    const lotsOf = (notional: number) => this.#lots(notional, fair);
    for (const ladder of this.#ladders) ladder.quote(book, fairTicks, lotsOf, this.#random);
  }

  /** One taker's market order. `lean` in [-1, 1] makes a buy more or less likely. */
  take(book: OrderBook, fair: number, lean: number): Execution[] {
    const side = this.#random.next() < 0.5 + 0.2 * lean ? 'buy' : 'sell';
    const notional = Math.min(15_000, 8 + 120 * Math.exp(1.1 * this.#random.normal()));
    return book.market(side, this.#lots(notional, fair)).executions;
  }

  #lots(notional: number, price: number): number {
    return Math.max(1, Math.round((notional / price) * 10 ** this.#listing.sizeDecimals));
  }
}
