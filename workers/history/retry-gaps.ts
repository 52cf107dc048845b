import { listDueGaps } from '../../shared/db/gaps.ts';
import type { Handler } from '../context.ts';
import { askToClose } from './ask-to-close.ts';

/** Asks once more for open gaps whose time has come: those that could not be closed, and those whose task was lost. */
export const retryGaps: Handler<'retry_gaps'> = async (_payload, context) => {
  const due = await listDueGaps(context.sql);
  for (const gap of due) await askToClose(context, gap);
  return { asked: due.length };
};
