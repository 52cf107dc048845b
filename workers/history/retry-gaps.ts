import type { Handler } from '../context.ts';
import { askForDue } from './ask-to-close.ts';

/** Asks once more for open gaps whose time has come: those that could not be closed, and those whose task was lost. */
export const retryGaps: Handler<'retry_gaps'> = async (_payload, context) => ({
  asked: await askForDue(context),
});
