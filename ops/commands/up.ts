import { sleep } from '../../shared/clock.ts';
import { loadConfig } from '../../shared/config.ts';
import { type Cluster, startCluster } from '../up/cluster.ts';
import { listenForStop } from '../up/stop-signals.ts';
import { Terminal } from '../up/terminal.ts';

/** When to say which process keeps the cluster waiting. */
const IMPATIENCE_MS = 30_000;

/** `millrace up`: the whole cluster in the foreground, until Ctrl-C. */
export async function up(): Promise<void> {
  const config = loadConfig();
  const terminal = new Terminal((text) => process.stdout.write(text));
  let cluster: Cluster | undefined;
  const { stop, stopped } = listenForStop(() => cluster?.kill());
  stop.addEventListener('abort', () => terminal.stopping());
  try {
    cluster = await startCluster(config, { onEvent: (event) => terminal.tell(event), signal: stop });
    const waited = new AbortController();
    void sleep(IMPATIENCE_MS, waited.signal).then((late) => late && terminal.impatient(config));
    await Promise.race([cluster.ready, stopped]).finally(() => waited.abort());
    if (!stop.aborted) terminal.up(config);
    await stopped;
  } catch (error) {
    if (!stop.aborted) throw error;
  } finally {
    await cluster?.stop();
  }
  terminal.say('stopped');
}
