import type { BookUpdate, Level, Origin, Quote } from '../../domain/market.ts';
import type { BybitTicker } from './bybit-ticker.ts';

/** Best levels as far as they are known: of a partial ticker perhaps the price or the size alone. */
interface Best {
  bid: string | undefined;
  bidSize: string | undefined;
  ask: string | undefined;
  askSize: string | undefined;
}

const UNKNOWN: Best = { bid: undefined, bidSize: undefined, ask: undefined, askSize: undefined };

/** Best quotes of one connection: of contracts' tickers and of books of one level, both of which tell only what changed. */
export class BybitQuotes {
  readonly #best = new Map<string, Best>();

  /** Undefined for a ticker that tells nothing of them, or while a side is empty or not known yet. */
  ofTicker(ticker: BybitTicker, origin: Origin, isWhole: boolean): Quote | undefined {
    const { bid1Price, bid1Size, ask1Price, ask1Size } = ticker;
    if ((bid1Price ?? bid1Size ?? ask1Price ?? ask1Size) === undefined) return undefined;
    const before = isWhole ? UNKNOWN : this.#before(origin);
    return this.#tell(origin, {
      bid: bid1Price ?? before.bid,
      bidSize: bid1Size ?? before.bidSize,
      ask: ask1Price ?? before.ask,
      askSize: ask1Size ?? before.askSize,
    });
  }

  /** The quote after an update of a book of one level. */
  ofBook(update: BookUpdate): Quote | undefined {
    const before = update.kind === 'snapshot' ? UNKNOWN : this.#before(update);
    const [bid, bidSize] = bestAfter(before.bid, before.bidSize, update.bids);
    const [ask, askSize] = bestAfter(before.ask, before.askSize, update.asks);
    return this.#tell(update, { bid, bidSize, ask, askSize });
  }

  #before({ symbol }: Origin): Best {
    return this.#best.get(symbol) ?? UNKNOWN;
  }

  #tell({ venue, symbol, ts, receivedAt }: Origin, best: Best): Quote | undefined {
    this.#best.set(symbol, best);
    const { bid, bidSize, ask, askSize } = best;
    if (!bid || !bidSize || !ask || !askSize) return undefined;
    return { type: 'quote', venue, symbol, bid, bidSize, ask, askSize, ts, receivedAt };
  }
}

function bestAfter(
  price: string | undefined,
  size: string | undefined,
  levels: readonly Level[],
): readonly [price: string | undefined, size: string | undefined] {
  const stands = levels.find((level) => level[1] !== '0');
  if (stands) return stands;
  return levels.some((level) => level[0] === price) ? [undefined, undefined] : [price, size];
}
