import { hostname } from 'node:os';
import { loadConfig, requireSetting } from '../../shared/config.ts';
import { createLog } from '../../shared/log.ts';
import { listProcesses } from '../../shared/queue/heartbeat.ts';
import { connectRedis } from '../../shared/queue/redis.ts';

/** What a container runs to know that it is well: exit 0 while Redis hears the heartbeat of the process in it. */
process.exitCode = (await isAlive()) ? 0 : 1;

async function isAlive(): Promise<boolean> {
  const config = loadConfig();
  const redis = connectRedis(requireSetting(config, 'REDIS_URL'), createLog('healthcheck', 'fatal'), {
    enableOfflineQueue: true,
    retryStrategy: () => null,
  });
  const processes = await listProcesses(redis, config.NAMESPACE).catch(() => []);
  redis.disconnect();
  return processes.some(({ host }) => host === hostname());
}
