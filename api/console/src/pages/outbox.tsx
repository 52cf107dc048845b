import { useQuery } from '@tanstack/react-query';
import { outbox } from '../data/queries.ts';
import type { Mail } from '../data/wire.ts';
import { StateBadge } from '../parts/badges.tsx';
import { type Column, DataTable } from '../parts/data-table.tsx';
import { Panel } from '../parts/panel.tsx';
import { Loaded } from '../parts/states.tsx';
import { Time } from '../parts/time.tsx';

const columns: Column<Mail>[] = [
  { title: 'Written', cell: ({ createdAt }) => <Time at={createdAt} /> },
  {
    title: 'Mail',
    cell: ({ subject, body }) => (
      <details>
        <summary>{subject}</summary>
        <pre className="mail-body mono">{body}</pre>
      </details>
    ),
  },
  { title: 'Kind', wide: true, cell: ({ kind }) => kind },
  { title: 'State', cell: ({ state, error }) => <StateBadge state={state} title={error ?? undefined} /> },
  { title: 'Tries', figure: true, wide: true, cell: ({ attempts }) => attempts },
  { title: 'Sent', wide: true, cell: ({ sentAt }) => (sentAt === null ? '–' : <Time at={sentAt} />) },
];

/** Mail of the cluster; without SMTP_URL it stays here to be read. */
export default function OutboxPage() {
  const query = useQuery(outbox());
  return (
    <Panel title="Outbox">
      <Loaded
        query={query}
        empty="No mail yet. Signals and reports write some; without SMTP_URL it waits here."
      >
        {(rows) => <DataTable label="Outbox" rows={rows} columns={columns} rowKey={({ id }) => id} />}
      </Loaded>
    </Panel>
  );
}
