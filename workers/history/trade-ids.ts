import type { Mark } from '../../shared/domain/gap.ts';
import type { VenueFacts } from '../../shared/exchanges/venue.ts';

/** Whether the ids of these trades of a venue count up one by one, so that every one between can be named. */
export const areCounted = ({ promises }: VenueFacts, ...marks: Mark[]): boolean =>
  promises.tradeBreaks === 'ids' && marks.every(({ id }) => Number.isSafeInteger(Number(id)));

/** Whether `next` is the very next trade. */
export const follows = (mark: Mark, next: Mark, venue: VenueFacts): boolean =>
  areCounted(venue, mark, next) && Number(next.id) === Number(mark.id) + 1;
