import { parentPort, workerData } from 'node:worker_threads';
import { allocateYoung } from '../../shared/exchanges/allocate-young.ts';
import { compareBook, compareNormalize, generatedFrames } from './reading.ts';
import type { ReadingJob } from './reading-in-thread.ts';

allocateYoung();
const { what, venue, market } = workerData as ReadingJob;
const frames = generatedFrames(venue, market);
parentPort?.postMessage(await (what === 'book' ? compareBook(frames) : compareNormalize(frames)));
