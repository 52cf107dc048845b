import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isAlive } from '../shared/processes.ts';

/** What a running `millrace up` says of itself in `MILLRACE_HOME/cluster.json`, for other verbs on this machine. */
export interface ClusterFile {
  /** Of the supervisor. */
  pid: number;
  redisUrl: string;
  timescaledbUrl: string;
  host: string;
  port: number;
  /** Absent when the simulated exchange is not among the venues. */
  simUrl?: string;
  processes: ClusterProcess[];
}

export interface ClusterProcess {
  name: string;
  kind: 'postgres' | 'redis' | 'sim' | 'producer' | 'pool' | 'api';
  /** 0 while it is being restarted. */
  pid: number;
}

/** The cluster that runs on this home; undefined when none does. */
export function findCluster(home: string): ClusterFile | undefined {
  const cluster = readClusterFile(home);
  return cluster && isAlive(cluster.pid) ? cluster : undefined;
}

/** The file as it was left, even by a cluster that died. */
export function readClusterFile(home: string): ClusterFile | undefined {
  const file = join(home, 'cluster.json');
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as ClusterFile) : undefined;
}

/** Holds the passwords of the services: only its owner may read it. */
export function writeClusterFile(home: string, cluster: ClusterFile): void {
  const file = join(home, 'cluster.json');
  writeFileSync(`${file}.new`, `${JSON.stringify(cluster, null, 2)}\n`, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

export const removeClusterFile = (home: string): void => rmSync(join(home, 'cluster.json'), { force: true });
