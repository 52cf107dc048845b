import type { Gap, Mark } from '../shared/domain/gap.ts';
import type { EventBatch } from '../shared/tasks/batch.ts';

/** A batch as it leaves the producer, with what must be said before and after it; plain data, fit for the disk. */
export interface Parcel {
  batch: EventBatch;
  /** To be told before the batch moves the cursors past them. */
  gaps: Gap[];
  /** By symbol, where its trades in the batch begin and end. */
  spans: [symbol: string, Span][];
}

/** The first and the last of a row of trades. */
export interface Span {
  first: Mark;
  last: Mark;
}
