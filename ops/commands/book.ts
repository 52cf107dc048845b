import type { Level } from '../../shared/domain/market.ts';
import { UserError } from '../../shared/errors.ts';
import { Book, type BookCounters, type BookState } from '../../shared/exchanges/book.ts';
import type { Venue } from '../../shared/exchanges/venue.ts';
import { findVenue } from '../../shared/exchanges/venues.ts';
import { writeOut } from '../output.ts';
import { Problems, readEvents } from '../recording.ts';

export interface BookOptions {
  venue: string;
  market: string;
  /** Levels to print, not to keep. */
  depth: string;
}

/** One symbol's book as printed; `levels` counts all that is held: bids, asks. */
export interface BookReport extends BookCounters {
  bids: Level[];
  asks: Level[];
  live: boolean;
  state: BookState;
  levels: [bids: number, asks: number];
}

/** `millrace book`: a recording's final order books as one JSON on stdout. */
export async function book(file: string | undefined, options: BookOptions): Promise<void> {
  const depth = readDepth(options.depth);
  const venue = findVenue(options.venue, options.market);
  const problems = new Problems();
  const books = await rebuildBooks(file, venue, problems);
  const reports = [...books].map(([symbol, held]) => [symbol, describeBook(held, depth)]);
  await writeOut(`${JSON.stringify({ books: Object.fromEntries(reports) })}\n`);
  if (problems.count > 0) process.stderr.write(`millrace: ${problems.summary()}\n`);
}

/** The books of every symbol in a recording, as they stand at its end. */
export async function rebuildBooks(
  file: string | undefined,
  venue: Venue,
  problems: Problems,
): Promise<Map<string, Book>> {
  const books = new Map<string, Book>();
  for await (const events of readEvents(file, venue, problems)) {
    for (const event of events) {
      if (event.type !== 'book') continue;
      const held = books.get(event.symbol) ?? new Book(venue.book);
      books.set(event.symbol, held);
      held.apply(event);
    }
  }
  return books;
}

export function describeBook(held: Book, depth: number): BookReport {
  return {
    ...held.top(depth),
    ...held.counters,
    live: held.state === 'live',
    state: held.state,
    levels: held.levels,
  };
}

function readDepth(text: string): number {
  const depth = Number(text);
  if (Number.isInteger(depth) && depth >= 1) return depth;
  throw new UserError(`--depth ${text} is not valid: it must be a whole number of levels, such as 25`);
}
