import { Button, Stack, Text } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { post } from '../data/client.ts';
import { coverage, gaps } from '../data/queries.ts';
import type { Gap, Me } from '../data/wire.ts';
import { StateBadge, VenueBadge } from '../parts/badges.tsx';
import { type Column, DataTable } from '../parts/data-table.tsx';
import { count, duration, sentence } from '../parts/format.ts';
import { Panel } from '../parts/panel.tsx';
import { Loaded } from '../parts/states.tsx';
import { Time } from '../parts/time.tsx';
import { CoverageGrid } from './coverage/grid.tsx';

const columns: Column<Gap>[] = [
  { title: 'Noticed', cell: ({ noticedAt }) => <Time at={noticedAt} /> },
  {
    title: 'Market',
    cell: ({ venue, symbol }) => (
      <span className="nowrap">
        {symbol} <VenueBadge venue={venue} />
      </span>
    ),
  },
  { title: 'State', cell: ({ state, detail }) => <StateBadge state={state} title={detail} /> },
  { title: 'Cause', cell: ({ cause, detail }) => <span title={detail}>{sentence(cause)}</span> },
  {
    title: 'Length',
    figure: true,
    wide: true,
    cell: ({ fromTs, toTs }) => (toTs === null ? '–' : duration(Math.max(0, toTs - fromTs))),
  },
  {
    title: 'Missing',
    figure: true,
    wide: true,
    cell: ({ missing }) => (missing === null ? <span title="Nobody can tell">?</span> : count(missing)),
  },
  { title: 'Filled', figure: true, wide: true, cell: ({ filled }) => count(filled) },
];

const why: Column<Gap> = {
  title: 'Why it is not closed',
  cell: ({ reason }) => (
    <Text size="xs" maw={420}>
      {reason ?? 'It is being closed.'}
    </Text>
  ),
};

/** What is known of the record to be complete, and what is not. */
export default function CoveragePage({ me }: { me: Me }) {
  const days = useQuery(coverage());
  const open = useQuery(gaps('open'));
  const lost = useQuery(gaps('unfillable'));
  const latest = useQuery(gaps());
  const retry: Column<Gap> = { title: '', cell: ({ id }) => <RetryButton id={id} /> };
  const unclosed = [...columns, why, ...(me.role === 'viewer' ? [] : [retry])];
  return (
    <Stack gap="md">
      <Panel
        title="Completeness"
        aside={
          <Text size="xs" c="dimmed" ta="right">
            % of each UTC day’s trades known to be on record, never rounded up; – where nothing was recorded
          </Text>
        }
      >
        <Loaded query={days} empty="Nothing is recorded yet.">
          {(rows) => <CoverageGrid rows={rows} />}
        </Loaded>
      </Panel>
      <Panel title="Gaps that are not closed">
        <Loaded
          query={open}
          empty="None: every gap was closed."
          isEmpty={(rows) => rows.length + (lost.data?.length ?? 0) === 0}
        >
          {(rows) => (
            <DataTable
              label="Gaps that are not closed"
              rows={[...rows, ...(lost.data ?? [])]}
              columns={unclosed}
              rowKey={({ id }) => id}
            />
          )}
        </Loaded>
      </Panel>
      <Panel title="Latest gaps">
        <Loaded query={latest} empty="None: nothing was ever interrupted.">
          {(rows) => <DataTable label="Latest gaps" rows={rows} columns={columns} rowKey={({ id }) => id} />}
        </Loaded>
      </Panel>
    </Stack>
  );
}

function RetryButton({ id }: { id: number }) {
  const client = useQueryClient();
  const retry = useMutation({
    mutationFn: () => post<{ taskId: string }>(`/gaps/${id}/retry`),
    onSuccess: () => client.invalidateQueries({ queryKey: ['gaps'] }),
  });
  return (
    <>
      <Button
        size="compact-xs"
        variant="default"
        loading={retry.isPending}
        disabled={retry.isSuccess}
        onClick={() => retry.mutate()}
      >
        {retry.isSuccess ? 'Asked' : 'Ask again'}
      </Button>
      {retry.error && (
        <Text size="xs" className="down" role="alert">
          {sentence(retry.error.message)}
        </Text>
      )}
    </>
  );
}
