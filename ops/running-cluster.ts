import type { Config } from '../shared/config.ts';
import { UserError } from '../shared/errors.ts';
import { findCluster } from './cluster-file.ts';

/**
 * Address of the simulated exchange: `SIM_URL`, else that of the cluster that runs on this `MILLRACE_HOME`.
 * @throws {UserError} when neither is there
 */
export function findSimUrl({ SIM_URL, MILLRACE_HOME }: Config): string {
  const simUrl = SIM_URL ?? findCluster(MILLRACE_HOME)?.simUrl;
  if (simUrl) return simUrl;
  throw new UserError(
    `no simulated exchange runs on MILLRACE_HOME=${MILLRACE_HOME}: start one with npm start or millrace sim, or set SIM_URL`,
  );
}

/**
 * Settings with the addresses of the cluster to talk to: those that are set, else those of the cluster that runs on
 * this `MILLRACE_HOME`.
 * @throws {UserError} when neither is there
 */
export function withRunningCluster(config: Config): Config & { REDIS_URL: string; TIMESCALEDB_URL: string } {
  const { REDIS_URL, TIMESCALEDB_URL } = config;
  if (REDIS_URL && TIMESCALEDB_URL) return { ...config, REDIS_URL, TIMESCALEDB_URL };
  const cluster = findCluster(config.MILLRACE_HOME);
  if (!cluster) {
    throw new UserError(
      `no cluster runs on MILLRACE_HOME=${config.MILLRACE_HOME}: start it with npm start, or set REDIS_URL and TIMESCALEDB_URL`,
    );
  }
  return {
    ...config,
    REDIS_URL: REDIS_URL ?? cluster.redisUrl,
    TIMESCALEDB_URL: TIMESCALEDB_URL ?? cluster.timescaledbUrl,
  };
}
