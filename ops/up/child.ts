import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { type Config, childEnvironment } from '../../shared/config.ts';
import { ROOT } from '../migrations.ts';
import { openLog, tail } from '../services/log-files.ts';
import { exitOf, stopChild } from '../services/service.ts';
import type { Launched } from './supervised.ts';

/** What a child tells its supervisor: that it works, a sentence for the terminal alone, or news of the venue it serves. */
interface ChildMessage {
  ready?: true;
  notice?: string;
  news?: string;
}

/**
 * Starts `millrace <args>` as a process of the cluster on `config`, its log in `home/logs/<name>.log`.
 *
 * It leads a process group of its own, so that Ctrl-C reaches only the supervisor, and it drains by itself when the
 * supervisor is gone, which it sees by its message channel.
 */
export function launchChild(
  name: string,
  args: string[],
  config: Config,
  { onNotice, onNews }: { onNotice?: (text: string) => void; onNews?: (text: string) => void } = {},
): Launched {
  const logFile = join(config.MILLRACE_HOME, 'logs', `${name}.log`);
  const log = openLog(logFile);
  const child = spawn(process.execPath, [join(ROOT, 'dist/ops/main.js'), ...args], {
    cwd: ROOT,
    env: childEnvironment(config),
    detached: true,
    stdio: ['ignore', log.fd, log.fd, 'ipc'],
  });
  log.close();
  const exited = exitOf(child);
  const ready = new Promise<void>((resolve) => {
    child.on('message', (message: ChildMessage) => {
      if (message.ready) resolve();
      if (message.notice) onNotice?.(message.notice);
      if (message.news) onNews?.(message.news);
    });
  });
  return {
    pid: child.pid ?? 0,
    ready,
    exited,
    lastWords: () => tail(logFile, log.from),
    stop: (patienceMs) => stopChild(child, exited, 'SIGTERM', patienceMs),
    kill: () => void child.kill('SIGKILL'),
  };
}
