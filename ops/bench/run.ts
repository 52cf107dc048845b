import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { extname } from 'node:path';
import { sleep } from '../../shared/clock.ts';
import { findVenue } from '../../shared/exchanges/venues.ts';
import type { Releasers } from '../../shared/lifecycle.ts';
import { Releasers as Scope } from '../../shared/lifecycle.ts';
import { createLog } from '../../shared/log.ts';
import { launchChild } from '../up/child.ts';
import type { GeneratorNews, GeneratorOrder } from './generator.ts';
import type { BenchServers } from './servers.ts';
import { CommitWatch, type Seen } from './watch.ts';
import { FIRST_ID } from './wire.ts';

/** Eight symbols, so that both shards have work. */
export const SYMBOLS = ['BTC', 'ETH', 'SOL', 'XRP', 'ADA', 'DOGE', 'LTC', 'DOT'].map(
  (base) => `${base}/USDT`,
);

/** How the events get from the socket to the row: starts the processes that do it, resolves when they are ready. */
export type Contender = (servers: BenchServers, simUrl: string, releasers: Releasers) => Promise<void>;

export interface RunOptions {
  seconds: number;
  /** As fast as it goes, without. */
  eventsPerSecond?: number;
  /** How often commits are looked for. */
  watchEveryMs: number;
  /** Stops counting at the end of the time, however much is on its way; else waits until all is committed. */
  leaveRest?: boolean;
}

export interface RunResult {
  /** Events sent, and of these seen committed. */
  sent: number;
  committed: number;
  /** First write to last commit (or to the end of the time). */
  elapsedMs: number;
  /** What was written to the socket, and what was seen committed, one entry a look. */
  writes: [lastId: number, at: number][];
  seen: Seen[];
}

/** Our way: the producer and the archive pool as `millrace up` runs them. */
export const millrace: Contender = async (servers, simUrl, releasers) => {
  const config = {
    ...servers.config,
    SIM_URL: simUrl,
    SYMBOLS,
    SUPPORTED_EXCHANGES: ['sim'],
    INTERVALS: ['1m'],
  };
  for (const [name, args] of [
    ['pool-archive', ['worker', '--name', 'archive', '--queues', 'archive']],
    ['producer-sim', ['producer', '--venue', 'sim']],
  ] as const) {
    const child = launchChild(name, [...args], config);
    releasers.push(name, () => child.stop());
    await Promise.race([
      child.ready,
      child.exited.then((how) => {
        throw new Error(`${name} ended (${how}): ${child.lastWords()}`);
      }),
    ]);
  }
};

/** Sends events through a contender for so long and watches them arrive in the database. */
export async function measure(
  servers: BenchServers,
  contender: Contender,
  { seconds, eventsPerSecond, watchEveryMs, leaveRest = false }: RunOptions,
): Promise<RunResult> {
  const releasers = new Scope(createLog('bench', 'warn'));
  try {
    const venue = findVenue('sim');
    const generator = startProgram('generator', [SYMBOLS.map((symbol) => venue.wireSymbol(symbol)).join()]);
    releasers.push('generator', () => generator.kill('SIGKILL'));
    const news = listen(generator);
    const { port } = await news('port');
    await contender(servers, `http://127.0.0.1:${port}`, releasers);
    await news('subscribed');

    const watch = new CommitWatch(servers.sql, SYMBOLS, watchEveryMs);
    releasers.push('watch', () => watch.stop());
    tell(generator, { start: eventsPerSecond ? { eventsPerSecond } : {} });
    await sleep(seconds * 1000);
    tell(generator, { stop: true });
    const { stopped } = await news('stopped');
    const sent = (stopped.lastId - FIRST_ID + 1) * SYMBOLS.length;
    if (!leaveRest) await watch.untilCommitted(stopped.lastId);
    const seen = watch.stop();
    const startedAt = stopped.sent[0]?.[1] ?? 0;
    const last = seen.findLast(({ committed }, index) => committed > (seen[index - 1]?.committed ?? 0));
    return {
      sent,
      committed: seen.at(-1)?.committed ?? 0,
      elapsedMs: (leaveRest ? (seen.at(-1)?.at ?? 0) : (last?.at ?? 0)) - startedAt,
      writes: stopped.sent,
      seen,
    };
  } finally {
    await releasers.close();
  }
}

/** Starts a program that stands beside this file, as source or as built. */
export function startProgram(name: string, args: string[]): ChildProcess {
  const program = `${import.meta.dirname}/${name}${extname(import.meta.filename)}`;
  return fork(program, args, { stdio: ['ignore', 2, 2, 'ipc'] });
}

const tell = (generator: ChildProcess, order: GeneratorOrder) => generator.send(order);

type NewsOf<K extends string> = Extract<GeneratorNews, Record<K, unknown>>;

/** Waits for a kind of news, which may have come already. */
function listen(generator: ChildProcess) {
  const heard = new Map<string, unknown>();
  generator.on('message', (news: GeneratorNews) => {
    for (const kind of Object.keys(news)) heard.set(kind, news);
    generator.emit('news');
  });
  return async <K extends 'port' | 'subscribed' | 'stopped'>(kind: K): Promise<NewsOf<K>> => {
    while (!heard.has(kind)) await once(generator, 'news');
    return heard.get(kind) as NewsOf<K>;
  };
}
