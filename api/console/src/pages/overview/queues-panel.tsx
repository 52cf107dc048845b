import { useQuery } from '@tanstack/react-query';
import { queueDepths } from '../../data/queries.ts';
import type { Queue } from '../../data/wire.ts';
import { type Column, DataTable } from '../../parts/data-table.tsx';
import { count, duration } from '../../parts/format.ts';
import { Panel } from '../../parts/panel.tsx';
import { Loaded } from '../../parts/states.tsx';

const figure = (value: number, alarming = false) => (
  <span className={value === 0 ? 'unit' : alarming ? 'down strong' : ''}>{count(value)}</span>
);

const columns: Column<Queue>[] = [
  { title: 'Queue', cell: ({ name, paused }) => (paused ? `${name} (paused)` : name) },
  { title: 'Waiting', figure: true, cell: ({ waiting }) => figure(waiting) },
  { title: 'Active', figure: true, cell: ({ active }) => figure(active) },
  { title: 'Delayed', figure: true, cell: ({ delayed }) => figure(delayed) },
  { title: 'Failed', figure: true, cell: ({ failed }) => figure(failed, true) },
  {
    title: 'Oldest',
    figure: true,
    cell: ({ oldestWaitingMs }) =>
      oldestWaitingMs === null ? <span className="unit">–</span> : duration(oldestWaitingMs),
  },
];

export function QueuesPanel() {
  const query = useQuery(queueDepths());
  return (
    <Panel title="Queues">
      <Loaded query={query} empty="There are no queues." rows={6}>
        {(rows) => (
          <DataTable label="Queues" rows={rows} columns={columns} rowKey={({ name }) => name} dense />
        )}
      </Loaded>
    </Panel>
  );
}
