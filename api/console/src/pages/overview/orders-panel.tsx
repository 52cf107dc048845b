import { Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { orders } from '../../data/queries.ts';
import type { Order } from '../../data/wire.ts';
import { ModeBadge, SideMark, StateBadge, VenueBadge } from '../../parts/badges.tsx';
import { type Column, DataTable } from '../../parts/data-table.tsx';
import { price, size } from '../../parts/format.ts';
import { Panel } from '../../parts/panel.tsx';
import { Loaded } from '../../parts/states.tsx';
import { Time } from '../../parts/time.tsx';

const columns: Column<Order>[] = [
  { title: 'Time', cell: ({ createdAt }) => <Time at={createdAt} /> },
  { title: 'Side', cell: ({ side }) => <SideMark side={side} /> },
  {
    title: 'Market',
    cell: ({ symbol, venue }) => (
      <span className="nowrap">
        {symbol} {venue === 'sim' && <VenueBadge venue={venue} />}
      </span>
    ),
  },
  {
    title: 'Filled',
    figure: true,
    cell: ({ filled, size: wanted, symbol }) => (
      <span title={`${filled} of ${wanted} ${symbol.split('/')[0]}`}>{size(filled)}</span>
    ),
  },
  {
    title: 'Price',
    figure: true,
    cell: (order) => (
      <span title={describeFills(order)}>
        {order.averagePrice === null ? '–' : price(order.averagePrice)}
      </span>
    ),
  },
  {
    title: 'Fills',
    figure: true,
    wide: true,
    cell: (order) => <span title={describeFills(order)}>{order.fills.length}</span>,
  },
  {
    title: 'State',
    cell: ({ state, reason, mode }) => (
      <span className="nowrap">
        <StateBadge state={state} title={reason ?? undefined} /> <ModeBadge mode={mode} />
      </span>
    ),
  },
];

export function OrdersPanel() {
  const query = useQuery(orders());
  return (
    <Panel
      title="Latest orders"
      aside={
        <Text size="xs" c="dimmed">
          filled against the live book
        </Text>
      }
    >
      <Loaded
        query={query}
        empty="No orders yet. The autopilot decides on every fresh signal and says why it does not trade."
      >
        {(rows) => (
          <DataTable
            label="Latest orders"
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

const describeFills = ({ fills, fee, symbol }: Order) =>
  [
    ...fills.map((fill) => `${fill.size} at ${fill.price}, fee ${fill.fee}`),
    `fee in all ${fee} ${symbol.split('/')[1]}`,
  ].join('\n');
