import { useQuery } from '@tanstack/react-query';
import { badFrames } from '../data/queries.ts';
import type { BadFrame } from '../data/wire.ts';
import { VenueBadge } from '../parts/badges.tsx';
import { type Column, DataTable } from '../parts/data-table.tsx';
import { Panel } from '../parts/panel.tsx';
import { Loaded } from '../parts/states.tsx';
import { Time } from '../parts/time.tsx';

const columns: Column<BadFrame>[] = [
  { title: 'Received', cell: ({ receivedAt }) => <Time at={receivedAt} /> },
  { title: 'Venue', cell: ({ venue }) => <VenueBadge venue={venue} /> },
  {
    title: 'Why it could not be read',
    cell: ({ reason, head }) => (
      <details>
        <summary>{reason}</summary>
        <pre className="mail-body mono">{head}</pre>
      </details>
    ),
  },
  { title: 'Bytes', figure: true, wide: true, cell: ({ bytes }) => bytes.toLocaleString('en') },
];

/** What no adapter could read: the reason, and how the frame begins. */
export default function FramesPage() {
  const query = useQuery(badFrames());
  return (
    <Panel title="Bad frames">
      <Loaded query={query} empty="None: every frame that came could be read.">
        {(rows) => <DataTable label="Bad frames" rows={rows} columns={columns} rowKey={({ id }) => id} />}
      </Loaded>
    </Panel>
  );
}
