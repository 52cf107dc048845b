import { spawnSync } from 'node:child_process';

/** A server binary and where the libraries lie that came with it. */
export interface RedisBinary {
  path: string;
  libraries?: string;
}

/** What BullMQ 6 asks for. https://docs.bullmq.io/guide/redis-tm-compatibility */
const OLDEST = 6.2;

/** Redis or Valkey as this machine has it, if it is new enough. */
export function findOnPath(): RedisBinary | undefined {
  return ['redis-server', 'valkey-server'].map((path) => ({ path })).find(isUsable);
}

/** Whether this binary runs here and is new enough. */
export function isUsable(binary: RedisBinary): boolean {
  const { stdout, status } = spawnSync(binary.path, ['--version'], {
    ...environmentFor(binary),
    encoding: 'utf8',
  });
  const version = /v=(\d+\.\d+)/.exec(stdout ?? '')?.[1];
  return status === 0 && version !== undefined && Number(version) >= OLDEST;
}

/** Only a fetched binary gets an environment of its own; others inherit ours. */
export function environmentFor({ libraries }: RedisBinary) {
  return libraries ? { env: { LD_LIBRARY_PATH: libraries, LC_ALL: 'C' } } : {};
}
