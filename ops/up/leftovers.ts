import { isAlive } from '../../shared/processes.ts';
import { readClusterFile } from '../cluster-file.ts';
import { isOfHome } from '../services/processes.ts';
import { waitUntil } from '../services/service.ts';

const DRAIN_MS = 20_000;

/** Waits for the processes of a supervisor that was killed: they drain by themselves, and are ended if they do not. */
export async function endLeftovers(home: string, say: (text: string) => void): Promise<void> {
  const pids = (readClusterFile(home)?.processes ?? []).map(({ pid }) => pid);
  const living = () => pids.filter((pid) => pid && isAlive(pid) && isOfHome(pid, home));
  const left = living();
  if (left.length === 0) return;
  say(`waiting for ${left.length} processes of the last start to drain`);
  for (const pid of left) signal(pid, 'SIGTERM');
  if (await waitUntil(() => living().length === 0, DRAIN_MS, 50)) return;
  for (const pid of living()) signal(pid, 'SIGKILL');
  await waitUntil(() => living().length === 0, 2_000);
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It ended in between, which is what we want.
  }
}
