import { Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { type Market, signals } from '../../data/queries.ts';
import type { Signal } from '../../data/wire.ts';
import { SideMark, VenueBadge } from '../../parts/badges.tsx';
import { type Column, DataTable } from '../../parts/data-table.tsx';
import { price, sentence } from '../../parts/format.ts';
import { Panel } from '../../parts/panel.tsx';
import { Loaded } from '../../parts/states.tsx';
import { Time } from '../../parts/time.tsx';

const columns: Column<Signal>[] = [
  { title: 'Time', cell: ({ ts }) => <Time at={ts} /> },
  { title: 'Side', cell: ({ side }) => <SideMark side={side} /> },
  {
    title: 'Market',
    cell: ({ symbol, interval, venue }) => (
      <span className="nowrap">
        {symbol} <span className="unit">{interval}</span> {venue === 'sim' && <VenueBadge venue={venue} />}
      </span>
    ),
  },
  { title: 'Price', figure: true, cell: (signal) => <span title={signal.price}>{price(signal.price)}</span> },
  { title: 'Decision', cell: (signal) => <Decision signal={signal} /> },
];

export function SignalsPanel({ market: { venue } }: { market: Market }) {
  const query = useQuery(signals({ venue }));
  return (
    <Panel
      title="Latest signals"
      aside={
        <Text size="xs" c="dimmed">
          MA50 × MA200, closed candles
        </Text>
      }
    >
      <Loaded
        query={query}
        empty="No signals yet. One is stored when the 50-candle mean crosses the 200-candle mean on a closed candle."
      >
        {(rows) => (
          <DataTable
            label="Latest signals"
            rows={rows}
            columns={columns}
            rowKey={({ id }) => id}
            maxHeight={340}
          />
        )}
      </Loaded>
    </Panel>
  );
}

function Decision({ signal: { live, outcome, reason } }: { signal: Signal }) {
  if (outcome === 'ordered') return <span className="up">Ordered</span>;
  if (outcome === 'skipped')
    return (
      <Text size="xs" c="dimmed" lineClamp={2} title={reason ?? undefined}>
        {sentence(reason ?? 'skipped')}
      </Text>
    );
  return (
    <Text size="xs" c="dimmed">
      {live ? 'Waiting' : 'From history'}
    </Text>
  );
}
