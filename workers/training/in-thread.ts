import { Worker } from 'node:worker_threads';
import { RejectError } from '../../shared/errors.ts';
import type { Bars, TrainedModel } from './train.ts';

export type ThreadMessage = { note: string } | { model: TrainedModel } | { rejected: string; where: string };

/** Under the tests the sources run as they are, and a thread needs the loader that they bring. */
const SOURCES = import.meta.url.endsWith('.ts');
const LOADER = new URL('../../ops/testing/typescript.mjs', import.meta.url).href;
const PROGRAM = new URL(SOURCES ? './thread.ts' : './thread.js', import.meta.url);

/**
 * Trains in a thread of its own, so that the pool's event loop stays free; the columns of `bars` are moved there.
 * An abort ends the thread at once.
 * @throws {RejectError} as `trainOn` does
 */
export function trainInThread(
  bars: Bars,
  signal: AbortSignal,
  onNote: (note: string) => void,
): Promise<TrainedModel> {
  signal.throwIfAborted();
  const thread = new Worker(PROGRAM, {
    name: 'train_model',
    workerData: bars,
    transferList: Object.values(bars).map((column: Float64Array) => column.buffer as ArrayBuffer),
    ...(SOURCES && { execArgv: ['--import', LOADER] }),
  });
  const trained = new Promise<TrainedModel>((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    thread.on('error', reject);
    thread.on('exit', () => reject(new Error('the training thread ended without a model')));
    thread.on('message', (message: ThreadMessage) => {
      if ('note' in message) onNote(message.note);
      else if ('model' in message) resolve(message.model);
      else reject(new RejectError(message.rejected, message.where));
    });
  });
  return trained.finally(() => thread.terminate());
}
