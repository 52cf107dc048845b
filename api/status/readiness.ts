import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { listAppliedMigrations } from '../../shared/db/migrations.ts';
import { listProcesses, type ProcessStatus } from '../../shared/queue/heartbeat.ts';
import type { ApiDeps } from '../deps.ts';
import { ROOT } from '../root.ts';

/** One thing that the cluster needs, by name, and why it is not ready. */
export interface Dependency {
  name: string;
  ready: boolean;
  state: string;
  reason: string | null;
}

export interface Readiness {
  ready: boolean;
  dependencies: Dependency[];
}

const PROBE_MS = 1_000;
const KEPT_MS = 250;

type Held = Pick<ApiDeps, 'sql' | 'redis' | 'queues' | 'config'>;

/** Asks every dependency; calls within a quarter of a second share one answer, for the page is public. */
export function createReadiness(deps: Held): () => Promise<Readiness> {
  let asked: { at: number; answer: Promise<Readiness> } | undefined;
  return () => {
    if (!asked || performance.now() - asked.at > KEPT_MS)
      asked = { at: performance.now(), answer: ask(deps) };
    return asked.answer;
  };
}

async function ask(deps: Held): Promise<Readiness> {
  const [postgres, redis, migrations, sim, processes] = await Promise.all([
    probe('postgres', () => deps.sql`SELECT 1`),
    probe('redis', () => deps.redis.ping()),
    probe('migrations', () => checkMigrations(deps)),
    needsSim(deps) ? probe('sim', () => pingSim(deps)) : undefined,
    within(listProcesses(deps.redis, deps.config.NAMESPACE)).catch(() => undefined),
  ]);
  const dependencies = [
    postgres,
    redis,
    migrations,
    ...(sim ? [sim] : []),
    ...describeParts(deps, processes),
  ];
  return { ready: dependencies.every(({ ready }) => ready), dependencies };
}

const needsSim = ({ config }: Held) =>
  config.REHEARSAL === 'on' || config.SUPPORTED_EXCHANGES.includes('sim');

/** Producers and queues, from what the processes say of themselves. */
function describeParts({ config, queues }: Held, processes: ProcessStatus[] | undefined): Dependency[] {
  const feeds = config.SUPPORTED_EXCHANGES.map((entry) => describeFeed(entry, processes));
  const pools = queues
    .allPhysicalNames()
    .map((queue) =>
      part(
        `queue ${queue}`,
        processes,
        (process) => process.kind === 'pool' && process.queues.includes(queue),
      ),
    );
  return [...feeds, ...pools];
}

function part(
  name: string,
  processes: ProcessStatus[] | undefined,
  serves: (process: ProcessStatus) => boolean,
): Dependency {
  if (!processes) return { name, ready: false, state: 'unknown', reason: 'redis is away' };
  if (processes.some(serves)) return { name, ready: true, state: 'up', reason: null };
  return { name, ready: false, state: 'absent', reason: 'no living process serves it' };
}

function describeFeed(entry: string, processes: ProcessStatus[] | undefined): Dependency {
  const name = `feed ${entry}`;
  const producer = part(name, processes, ({ kind, feeds }) => {
    return kind === 'producer' && feeds.some((feed) => feed.entry === entry);
  });
  if (!producer.ready) return producer;
  const feeds = processes?.flatMap((process) => process.feeds).filter((feed) => feed.entry === entry) ?? [];
  const ailing = feeds.find(({ state }) => state !== 'live');
  if (!ailing) return { name, ready: true, state: 'live', reason: feeds[0]?.reason ?? null };
  return { name, ready: false, state: ailing.state, reason: ailing.reason };
}

/** The simulated exchange is a venue, no process with a heartbeat: it is asked as any venue would be. */
async function pingSim({ config }: Held): Promise<void> {
  if (!config.SIM_URL) throw new Missing('SIM_URL is not set');
  const url = new URL('/api/v3/ping', config.SIM_URL);
  const { ok } = await fetch(url, { signal: AbortSignal.timeout(PROBE_MS) });
  if (!ok) throw new Missing('it answers with an error');
}

async function checkMigrations({ sql }: Held): Promise<void> {
  const files = await readdir(join(ROOT, 'migrations'));
  const applied = new Set(await listAppliedMigrations(sql));
  const missing = files.map((file) => file.replace(/\.sql$/, '')).filter((name) => !applied.has(name));
  if (missing.length > 0) throw new Missing(`not applied: ${missing.join(', ')}`);
}

/** An error whose message may be shown to anyone. */
class Missing extends Error {}

async function probe(name: string, check: () => Promise<unknown>): Promise<Dependency> {
  try {
    await within(check());
    return { name, ready: true, state: 'up', reason: null };
  } catch (error) {
    const reason = error instanceof Missing ? error.message : 'it does not answer';
    return { name, ready: false, state: 'down', reason };
  }
}

async function within<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Missing(`no answer within ${PROBE_MS} ms`)), PROBE_MS);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}
