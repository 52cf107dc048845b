import type { Config } from '../../shared/config.ts';
import { producerName } from '../../shared/exchanges/entries.ts';
import type { QueueName } from '../../shared/tasks/define.ts';
import type { ClusterProcess } from '../cluster-file.ts';

/** A process of the cluster and the `millrace` arguments that start it. */
export interface PlannedProcess {
  name: string;
  kind: ClusterProcess['kind'];
  args: string[];
}

/** Which pools there are and what they consume: what must be quick apart from what may take long. */
const POOLS: Record<string, QueueName[]> = {
  archive: ['archive'],
  trading: ['inference', 'execution'],
  jobs: ['gaps', 'history', 'training', 'reports', 'notify', 'maintenance'],
};

/** The processes of a cluster on one machine, beside PostgreSQL and Redis. */
export function planProcesses(config: Config, simPort: number | undefined): PlannedProcess[] {
  const sim: PlannedProcess[] =
    simPort === undefined ? [] : [{ name: 'sim', kind: 'sim', args: ['sim', '--port', String(simPort)] }];
  const producers = config.SUPPORTED_EXCHANGES.map(
    (entry): PlannedProcess => ({
      name: producerName(entry),
      kind: 'producer',
      args: ['producer', '--venue', entry],
    }),
  );
  const pools = Object.entries(POOLS).map(
    ([pool, queues]): PlannedProcess => ({
      name: `pool-${pool}`,
      kind: 'pool',
      args: ['worker', '--name', pool, '--queues', queues.join(',')],
    }),
  );
  return [...sim, ...producers, ...pools, { name: 'api', kind: 'api', args: ['api'] }];
}
