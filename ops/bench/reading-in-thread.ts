import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { BookReport, NormalizeReport } from './reading.ts';

/** One feed to compare the reading of. */
export interface ReadingJob {
  what: 'normalize' | 'book';
  venue: string;
  market: string;
}

/** Under the tests the sources run as they are, and a thread needs the loader that they bring. */
const SOURCES = import.meta.url.endsWith('.ts');
const LOADER = new URL('../testing/typescript.mjs', import.meta.url).href;
const PROGRAM = new URL(SOURCES ? './reading-thread.ts' : './reading-thread.js', import.meta.url);

/**
 * The comparison in an engine of its own, as a producer has one: code that has seen the frames of ten other venues is
 * compiled for all of them, and is slower.
 */
export async function compareInThread(job: ReadingJob): Promise<NormalizeReport | BookReport> {
  const thread = new Worker(PROGRAM, {
    name: `${job.venue} ${job.market}`,
    workerData: job,
    ...(SOURCES && { execArgv: ['--import', LOADER] }),
  });
  try {
    const [report] = (await once(thread, 'message')) as [NormalizeReport | BookReport];
    return report;
  } finally {
    await thread.terminate();
  }
}
