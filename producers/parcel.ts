import type { EventBatch } from '../shared/tasks/batch.ts';
import type { Gap } from './continuity.ts';

/** A batch as it leaves the producer, with what must be said before and after it; plain data, fit for the disk. */
export interface Parcel {
  batch: EventBatch;
  /** To be asked for before the batch moves the cursors past them. */
  gaps: Gap[];
  /** Symbol and last trade id of the batch. */
  cursors: [symbol: string, id: string][];
}
