import { Badge, Group, Switch, Text, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { venues } from '../data/queries.ts';
import type { Me, Venue } from '../data/wire.ts';
import { VenueBadge } from '../parts/badges.tsx';
import { type Column, DataTable } from '../parts/data-table.tsx';
import { Panel } from '../parts/panel.tsx';
import { Loaded } from '../parts/states.tsx';

const HOUR_MS = 3_600_000;

/** What can be recorded, and what can be promised of it; what can't is said with each. */
export default function VenuesPage({ me }: { me: Me }) {
  const [ccxt, setCcxt] = useState(false);
  const [wanted, setWanted] = useState('');
  const query = useQuery(venues(ccxt));
  const fits = ({ entry, label }: Venue) => `${entry} ${label}`.toLowerCase().includes(wanted.toLowerCase());
  return (
    <Panel
      title="Venues"
      aside={
        <Group gap="md" wrap="nowrap">
          <TextInput
            size="xs"
            aria-label="Find an exchange"
            placeholder="Find an exchange"
            value={wanted}
            onChange={({ currentTarget }) => setWanted(currentTarget.value)}
          />
          <Switch
            label="Show ccxt’s too"
            checked={ccxt}
            onChange={({ currentTarget }) => setCcxt(currentTarget.checked)}
          />
        </Group>
      }
    >
      <Loaded query={query} empty="None.">
        {(rows) => (
          <DataTable
            label="Venues"
            rows={rows.filter(fits)}
            columns={columnsFor(me)}
            rowKey={({ entry }) => entry}
          />
        )}
      </Loaded>
    </Panel>
  );
}

const columnsFor = (me: Me): Column<Venue>[] => [
  {
    title: 'Exchange',
    cell: ({ entry, label, simulated }) => (
      <>
        <span className="mono">{entry}</span> {simulated && <VenueBadge venue="sim" />}{' '}
        {me.entries.includes(entry) && (
          <Badge size="sm" color="teal" variant="light" radius="sm" title="This cluster records it">
            in use
          </Badge>
        )}
        <Text size="xs" c="dimmed">
          {label}
        </Text>
      </>
    ),
  },
  { title: 'Symbols', cell: ({ takes }) => takes.join(', ') },
  { title: 'Channels', cell: ({ channels }) => channels.join(', ') },
  { title: 'Whole book from', cell: ({ bookSource }) => (bookSource === 'rest' ? 'REST' : bookSource) },
  { title: 'A break in a book shows by', cell: ({ bookBreaks }) => bookBreaks.join(', ') || 'nothing' },
  { title: 'A missing trade by', cell: ({ tradeBreaks }) => tradeBreaks },
  { title: 'Trades come back', cell: ({ backfill }) => inWords(backfill) },
  { title: 'Sizes', cell: ({ sizes }) => sizes },
  {
    title: 'Connection life',
    unit: 'h',
    figure: true,
    cell: ({ lifeMs }) => (lifeMs === null ? '–' : lifeMs / HOUR_MS),
  },
  {
    title: 'Not promised',
    cell: ({ caveats }) =>
      caveats.length === 0 ? (
        '–'
      ) : (
        <details>
          <summary>
            {caveats.length} {caveats.length === 1 ? 'thing' : 'things'}
          </summary>
          <ul className="caveats">
            {caveats.map((caveat) => (
              <li key={caveat}>{caveat}</li>
            ))}
          </ul>
        </details>
      ),
  },
];

const inWords = (backfill: Venue['backfill']): string =>
  typeof backfill === 'object' ? `the newest ${backfill.newest.toLocaleString('en')}` : backfill;
