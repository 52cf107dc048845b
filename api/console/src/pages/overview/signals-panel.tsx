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
  {
    title: 'Signal',
    cell: ({ side, ts }) => (
      <span className="stack">
        <SideMark side={side} />
        <span className="unit">
          <Time at={ts} />
        </span>
      </span>
    ),
  },
  {
    title: 'Market',
    cell: ({ symbol, interval, venue }) => (
      <span className="stack">
        <span className="nowrap">
          {symbol} <span className="unit">{interval}</span>
        </span>
        <span className="badges">
          <VenueBadge venue={venue} />
        </span>
      </span>
    ),
  },
  { title: 'Price', figure: true, cell: (signal) => <Averages signal={signal} /> },
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

/** The price, and the two means that crossed. */
function Averages({ signal: { price: at, details } }: { signal: Signal }) {
  const { ma50, ma200 } = details;
  return (
    <span className="stack">
      <span title={at}>{price(at)}</span>
      {ma50 !== undefined && ma200 !== undefined && (
        <span className="small wide" title={`MA50 ${ma50}, MA200 ${ma200}`}>
          <span className="fast">{price(ma50)}</span> <span className="slow">{price(ma200)}</span>
        </span>
      )}
    </span>
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
