import { parentPort, workerData } from 'node:worker_threads';
import { RejectError } from '../../shared/errors.ts';
import type { ThreadMessage } from './in-thread.ts';
import { type Bars, trainOn } from './train.ts';

const say = (message: ThreadMessage) => parentPort?.postMessage(message);

try {
  say({ model: trainOn(workerData as Bars, (note) => say({ note })) });
} catch (error) {
  if (!(error instanceof RejectError)) throw error;
  say({ rejected: error.message, where: error.where });
}
