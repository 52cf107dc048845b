import type { Level, Side } from '../../shared/domain/market.ts';
import { Prices } from '../../shared/prices/prices.ts';
import type { TaskContext } from '../context.ts';

/** How long a signal or an intent waits for a book to come alive before it is let go. */
export const BOOK_PATIENCE_MS = 10_000;

/** Both sides of a book that may be traded on, best first; neither is empty. */
export type Book = Record<'bids' | 'asks', Level[]>;

/**
 * The book as it is now; undefined when it is stale, one-sided or absent. A book is absent when its producer has not
 * confirmed it within `BOOK_TTL_MS`, by Redis's clock: neither ours nor the producer's is compared.
 */
export async function readLiveBook(
  { redis, sql, config }: TaskContext,
  { venue, symbol }: { venue: string; symbol: string },
): Promise<Book | undefined> {
  const book = await new Prices({ redis, sql, namespace: config.NAMESPACE }).liveBook(venue, symbol);
  if (book?.state !== 'live') return undefined;
  return book.bids.length && book.asks.length ? book : undefined;
}

/** What a market order of this side takes from. */
export const takenSide = (book: Book, side: Side): Level[] => (side === 'buy' ? book.asks : book.bids);

/** Best price that such an order gets. */
export const bestPrice = (book: Book, side: Side): string => (takenSide(book, side)[0] as Level)[0];
