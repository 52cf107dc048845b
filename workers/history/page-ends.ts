import type { GapRow } from '../../shared/db/gaps.ts';
import type { Mark } from '../../shared/domain/gap.ts';
import type { Trade } from '../../shared/domain/market.ts';

/** The first trade known after a gap; undefined where none has come, and nobody can say what it reaches to. */
export const endOf = ({ toId, toTs }: GapRow): Mark | undefined =>
  toId === null || toTs === null ? undefined : { id: toId, ts: toTs };

/** Whether a page of trades, oldest first, holds the known trade itself, or begins before it. */
export const overlapsWith = (known: Mark, page: readonly Trade[]): boolean =>
  page.some(({ id, ts }) => id === known.id || ts < known.ts);

/** Whether it holds that trade, or goes on after it. */
export const reaches = (end: Mark, page: readonly Trade[]): boolean =>
  page.some(({ id, ts }) => id === end.id || ts > end.ts);
