import { Anchor, Button, Group, Text } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { hrefOf } from '../app/route.ts';
import { post } from '../data/client.ts';
import { reports, tasks } from '../data/queries.ts';
import type { Me, Report } from '../data/wire.ts';
import { StateBadge } from '../parts/badges.tsx';
import { type Column, DataTable } from '../parts/data-table.tsx';
import { sentence } from '../parts/format.ts';
import { Panel } from '../parts/panel.tsx';
import { Loaded } from '../parts/states.tsx';
import { Time } from '../parts/time.tsx';

const columns: Column<Report>[] = [
  { title: 'Day', cell: ({ day }) => <span className="number nowrap">{day}</span> },
  {
    title: 'Report',
    cell: ({ id, title }) => (
      <Anchor href={`/reports/${id}/html`} target="_blank" rel="noreferrer" size="sm">
        {title}
      </Anchor>
    ),
  },
  { title: 'Made', wide: true, cell: ({ createdAt }) => <Time at={createdAt} /> },
];

export default function ReportsPage({ me }: { me: Me }) {
  const query = useQuery(reports());
  return (
    <Panel title="Reports" aside={me.role === 'viewer' ? null : <MakeButton />}>
      <Loaded
        query={query}
        empty="No report yet. Each day's is made shortly after midnight UTC; today's can be made now."
      >
        {(rows) => <DataTable label="Reports" rows={rows} columns={columns} rowKey={({ id }) => id} />}
      </Loaded>
    </Panel>
  );
}

function MakeButton() {
  const client = useQueryClient();
  const make = useMutation({
    mutationFn: () => post<{ taskId: string }>('/reports', { day: new Date().toISOString().slice(0, 10) }),
    onSuccess: () => client.invalidateQueries({ queryKey: ['tasks'] }),
  });
  const task = useQuery(tasks()).data?.find(({ id }) => id === make.data?.taskId);
  return (
    <Group gap="sm">
      {make.error && (
        <Text size="xs" className="down" role="alert">
          {sentence(make.error.message)}
        </Text>
      )}
      {task && (
        <a href={hrefOf('tasks')} aria-label={`Task ${task.state}`}>
          <StateBadge state={task.state} title={task.error ?? undefined} />
        </a>
      )}
      <Button size="compact-sm" loading={make.isPending} onClick={() => make.mutate()}>
        Make today’s
      </Button>
    </Group>
  );
}
