import { setFlagsFromString } from 'node:v8';
import { parentPort, workerData } from 'node:worker_threads';
import { compareBook, compareNormalize, generatedFrames } from './reading.ts';
import type { ReadingJob } from './reading-in-thread.ts';

// Every pass drops the books of the last one, as no producer does: where V8 has come to make their levels old at once,
// as it does in every other run, collections of the whole heap cost as much as the reading. Producers show no difference.
setFlagsFromString('--no-allocation-site-pretenuring');

const { what, venue, market } = workerData as ReadingJob;
const frames = generatedFrames(venue, market);
parentPort?.postMessage(await (what === 'book' ? compareBook(frames) : compareNormalize(frames)));
