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
  {
    title: 'Order',
    cell: ({ side, createdAt }) => (
      <span className="stack">
        <SideMark side={side} />
        <span className="unit">
          <Time at={createdAt} />
        </span>
      </span>
    ),
  },
  {
    title: 'Market',
    cell: ({ symbol, venue, mode }) => (
      <span className="stack">
        <span className="nowrap">{symbol}</span>
        <span className="badges">
          <VenueBadge venue={venue} /> <ModeBadge mode={mode} />
        </span>
      </span>
    ),
  },
  {
    title: 'Filled',
    figure: true,
    cell: (order) => (
      <span className="stack" title={describeFills(order)}>
        <span>{order.averagePrice === null ? '–' : price(order.averagePrice)}</span>
        <span className="unit small">
          {size(order.filled)} {order.symbol.split('/')[0]}
        </span>
      </span>
    ),
  },
  {
    title: 'State',
    cell: (order) => (
      <span className="stack">
        <span>
          <StateBadge state={order.state} title={order.reason ?? undefined} />
        </span>
        <span className="unit small" title={describeFills(order)}>
          {order.reason ?? (order.fills.length === 1 ? '1 fill' : `${order.fills.length} fills`)}
        </span>
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
