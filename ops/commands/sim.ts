import { join } from 'node:path';
import { type Config, loadConfig } from '../../shared/config.ts';
import { UserError } from '../../shared/errors.ts';
import { runProcess } from '../../shared/lifecycle.ts';
import { createLog } from '../../shared/log.ts';
import { runSim } from '../sim/run.ts';

/**
 * `millrace sim`: the simulated exchange as one process. Prints its address on stdout once it serves.
 *
 * `--port` wins; with 0 the port is `SIM_URL`'s, and any free one without `SIM_URL`. It listens on loopback, unless
 * `SIM_URL` names another host: then others must reach it, and it listens everywhere.
 */
export async function sim(options: { port: string }): Promise<void> {
  const config = loadConfig();
  const address = addressOf(config, options.port);
  const log = createLog('sim', config.LOG_LEVEL);
  await runProcess(log, async (releasers) => {
    const running = await runSim({
      ...address,
      symbols: config.SYMBOLS,
      seed: config.SIM_SEED,
      eventsPerSecond: config.SIM_EVENTS_PER_SECOND,
      folder: join(config.MILLRACE_HOME, 'sim'),
      log,
    });
    releasers.push('simulated exchange', () => running.close());
    process.stdout.write(`${running.url}\n`);
    log.info({ address: running.url, seed: config.SIM_SEED }, 'SIM: the simulated exchange is open');
  });
}

function addressOf({ SIM_URL }: Config, text: string): { host: string; port: number } {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535) {
    throw new UserError(`--port ${text} is not valid: it must be a port from 0 (any) to 65535`);
  }
  if (!SIM_URL) return { host: '127.0.0.1', port };
  const { hostname, port: own } = new URL(SIM_URL);
  const isLoopback = /^(localhost|127\..*|\[::1\])$/.test(hostname);
  return { host: isLoopback ? '127.0.0.1' : '0.0.0.0', port: port || Number(own || 80) };
}
