import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { VenueRow } from '../venue-table.ts';

/** Under the tests the sources run as they are, and a thread needs the loader that they bring. */
const SOURCES = import.meta.url.endsWith('.ts');
const LOADER = new URL('../../../ops/testing/typescript.mjs', import.meta.url).href;
const PROGRAM = new URL(SOURCES ? './thread.ts' : './thread.js', import.meta.url);

let rows: Promise<VenueRow[]> | undefined;

/**
 * The rows of ccxt's exchanges, made once in a thread that ends with them: neither the time nor the memory that ccxt
 * takes is this process's.
 */
export function ccxtRowsInThread(): Promise<VenueRow[]> {
  rows ??= run().catch((error) => {
    rows = undefined;
    throw error;
  });
  return rows;
}

async function run(): Promise<VenueRow[]> {
  const thread = new Worker(PROGRAM, {
    name: 'ccxt table',
    ...(SOURCES && { execArgv: ['--import', LOADER] }),
  });
  try {
    const [table] = (await once(thread, 'message')) as [VenueRow[]];
    return table;
  } finally {
    await thread.terminate();
  }
}
