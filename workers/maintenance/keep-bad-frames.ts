import { addBadFrames } from '../../shared/db/bad-frames.ts';
import type { Handler } from '../context.ts';

/** Keeps frames that no adapter could read; the same frame twice is one row. */
export const keepBadFrames: Handler<'keep_bad_frames'> = async ({ venue, frames }, { sql, metrics }) => {
  const kept = await addBadFrames(sql, venue, frames);
  metrics.rows.inc({ table: 'bad_frames' }, kept);
  return { kept };
};
