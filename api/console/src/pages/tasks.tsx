import { Button, Group, Progress, Stack, Text } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { post } from '../data/client.ts';
import { models, tasks } from '../data/queries.ts';
import type { Me, Model, Task } from '../data/wire.ts';
import { StateBadge, VenueBadge } from '../parts/badges.tsx';
import { type Column, DataTable } from '../parts/data-table.tsx';
import { duration, sentence } from '../parts/format.ts';
import { Panel } from '../parts/panel.tsx';
import { Loaded } from '../parts/states.tsx';
import { Time } from '../parts/time.tsx';

const taskColumns: Column<Task>[] = [
  { title: 'Asked', cell: ({ createdAt }) => <Time at={createdAt} /> },
  { title: 'Task', cell: (task) => <TaskName task={task} /> },
  { title: 'State', cell: ({ state, error }) => <StateBadge state={state} title={error ?? undefined} /> },
  { title: 'Progress', cell: (task) => <TaskProgress task={task} /> },
  { title: 'Tries', figure: true, wide: true, cell: ({ attempts }) => attempts },
  { title: 'Took', figure: true, wide: true, cell: took },
  { title: 'Pool', wide: true, cell: ({ worker }) => worker ?? '–' },
];

const modelColumns: Column<Model>[] = [
  { title: 'Trained', cell: ({ createdAt }) => <Time at={createdAt} /> },
  {
    title: 'Market',
    cell: ({ venue, symbol, interval }) => (
      <span className="nowrap">
        {symbol} <span className="unit">{interval}</span> {venue === 'sim' && <VenueBadge venue={venue} />}
      </span>
    ),
  },
  { title: 'Kind', cell: ({ kind }) => kind },
  { title: 'Metrics', cell: ({ metrics }) => <Metrics metrics={metrics} /> },
];

export default function TasksPage({ me }: { me: Me }) {
  const query = useQuery(tasks());
  const trained = useQuery(models());
  return (
    <Stack gap="md">
      <Panel title="Tasks" aside={me.role === 'viewer' ? null : <RetrainButton />}>
        <Loaded query={query} empty="No task was asked for yet. Retrain makes the first.">
          {(rows) => <DataTable label="Tasks" rows={rows} columns={taskColumns} rowKey={({ id }) => id} />}
        </Loaded>
      </Panel>
      <Panel title="Models">
        <Loaded query={trained} empty="No model yet. Retrain trains one on the archived candles.">
          {(rows) => <DataTable label="Models" rows={rows} columns={modelColumns} rowKey={({ id }) => id} />}
        </Loaded>
      </Panel>
    </Stack>
  );
}

function RetrainButton() {
  const client = useQueryClient();
  const retrain = useMutation({
    mutationFn: () => post<{ taskId: string }>('/retrain'),
    onSuccess: () => client.invalidateQueries({ queryKey: ['tasks'] }),
  });
  return (
    <Group gap="sm">
      {retrain.error && (
        <Text size="xs" className="down" role="alert">
          {sentence(retrain.error.message)}
        </Text>
      )}
      <Button size="compact-sm" loading={retrain.isPending} onClick={() => retrain.mutate()}>
        Retrain
      </Button>
    </Group>
  );
}

function TaskName({ task }: { task: Task }) {
  const of = ['symbol', 'interval', 'day'].flatMap((field) =>
    task.payload[field] ? [String(task.payload[field])] : [],
  );
  return (
    <>
      <div className="strong nowrap">{sentence(task.name.replaceAll('_', ' '))}</div>
      <div className="unit" title={task.id}>
        {of.join(' · ') || task.id.slice(0, 8)}
      </div>
    </>
  );
}

function TaskProgress({ task: { state, progress, error } }: { task: Task }) {
  if (state === 'FAILURE' || state === 'RETRY')
    return (
      <Text size="xs" className="down" lineClamp={2} title={error ?? undefined}>
        {error}
      </Text>
    );
  if (state === 'SUCCESS') return <span className="unit">done</span>;
  if (!progress) return <span className="unit">–</span>;
  const share = progress.total > 0 ? (100 * progress.done) / progress.total : 0;
  return (
    <Stack gap={4} miw={150}>
      <Progress value={share} size="sm" animated aria-label={progress.note} />
      <Text size="xs" c="dimmed" lineClamp={1}>
        {Math.floor(share)} % · {progress.note}
      </Text>
    </Stack>
  );
}

function took({ startedAt, finishedAt }: Task) {
  if (startedAt === null) return '–';
  return duration(Math.max(0, (finishedAt ?? Date.now()) - startedAt));
}

/** The figures at the top level of a model's metrics; nested ones are its trainer's affair. */
function Metrics({ metrics }: { metrics: Record<string, unknown> }) {
  const figures = Object.entries(metrics).filter(([, value]) => typeof value === 'number') as [
    string,
    number,
  ][];
  if (figures.length === 0) return <span className="unit">–</span>;
  return (
    <Group gap="md" className="number">
      {figures.slice(0, 6).map(([name, value]) => (
        <span key={name} className="nowrap">
          <span className="unit">{name}</span> {Number.isInteger(value) ? value : value.toFixed(4)}
        </span>
      ))}
    </Group>
  );
}
