import { type ArchivedFact, readArchivedRange } from '../shared/db/archived-range.ts';
import type { Sql } from '../shared/db/client.ts';
import type { MarketEvent } from '../shared/domain/market.ts';
import { UserError } from '../shared/errors.ts';
import type { BookRule, Venue } from '../shared/exchanges/venue.ts';
import { Problems, readEvents } from './recording.ts';

/** Where a replay takes its facts from: always the same ones in the same order. */
export interface ReplaySource {
  readonly venue: string;
  /** How the venue's books are kept, where whole frames are replayed. */
  readonly book?: BookRule;
  facts: AsyncIterable<readonly (MarketEvent | ArchivedFact)[]>;
  /** Frames of a recording read so far, and those that could not be read. */
  readonly frames: number;
  readonly badFrames: number;
}

/** @throws {UserError} while it is read, when the file is no recording */
export function recordingSource(file: string | undefined, venue: Venue): ReplaySource {
  const problems = new Problems();
  return {
    venue: venue.name,
    book: venue.book,
    facts: readEvents(file, venue, problems),
    get frames() {
      return problems.frames;
    },
    get badFrames() {
      return problems.count;
    },
  };
}

/** What the archive holds of some symbols in a stretch of time. */
export const archiveSource = (
  sql: Sql,
  range: { venue: string; symbols: readonly string[]; from: number; to: number },
): ReplaySource => ({ venue: range.venue, facts: readArchivedRange(sql, range), frames: 0, badFrames: 0 });

/** A day (`2026-11-21`), an ISO time or integer UTC ms. @throws {UserError} naming the flag */
export function readTime(flag: string, text: string): number {
  const isMs = /^\d{10,}$/.test(text);
  const ms = isMs
    ? Number(text)
    : Date.parse(/T.*(Z|[+-]\d\d:?\d\d)$/.test(text) ? text : `${text}${ZULU(text)}`);
  if (Number.isSafeInteger(ms)) return ms;
  throw new UserError(
    `${flag} ${text} is no time: use a day such as 2026-11-21, an ISO time such as 2026-11-21T08:00Z or UTC ms`,
  );
}

/** Without a zone a time is UTC; a day alone already is. */
const ZULU = (text: string) => (text.includes('T') ? 'Z' : '');
