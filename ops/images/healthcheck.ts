import { hostname } from 'node:os';
import { loadConfig, requireSetting } from '../../shared/config.ts';
import { createLog } from '../../shared/log.ts';
import { listProcesses } from '../../shared/queue/heartbeat.ts';
import { connectRedis } from '../../shared/queue/redis.ts';

/** A container is healthy while the process in it beats: exit 0 when Redis has heard of it within ten seconds. */
const config = loadConfig();
const redis = connectRedis(requireSetting(config, 'REDIS_URL'), createLog('healthcheck', 'fatal'), {
  enableOfflineQueue: true,
  retryStrategy: () => null,
});
const processes = await listProcesses(redis, config.NAMESPACE).catch(() => []);
redis.disconnect();
process.exitCode = processes.some(({ host }) => host === hostname()) ? 0 : 1;
