import { Group, NativeSelect, SegmentedControl, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useCallback, useEffect, useState } from 'react';
import { useLiveMessages } from '../../data/live.tsx';
import { type Market, prices } from '../../data/queries.ts';
import type { Interval, LiveMessage, Me } from '../../data/wire.ts';
import { VenueBadge } from '../../parts/badges.tsx';
import { price, size } from '../../parts/format.ts';
import { intervalsAt } from './market.ts';

/** Which market, its last price and the top of its book. */
export function MarketHead({
  me,
  market,
  onChange,
}: {
  me: Me;
  market: Market;
  onChange: (market: Market) => void;
}) {
  const intervals = intervalsAt(me, market.venue);
  return (
    <Group justify="space-between" p="md" gap="md" className="panel-head">
      <Group gap="md" wrap="wrap">
        <NativeSelect
          aria-label="Market"
          value={`${market.venue} ${market.symbol}`}
          onChange={({ currentTarget }) => {
            const [venue = '', symbol = ''] = currentTarget.value.split(' ');
            onChange({ ...market, venue, symbol });
          }}
          data={me.markets.map(({ venue, symbol }) => ({
            value: `${venue} ${symbol}`,
            label: `${symbol} · ${venue === 'sim' ? 'SIM' : venue}`,
          }))}
        />
        <VenueBadge venue={market.venue} />
        <LastPrice market={market} />
      </Group>
      <SegmentedControl
        aria-label="Interval"
        size="sm"
        value={market.interval}
        onChange={(interval) => onChange({ ...market, interval: interval as Interval })}
        data={intervals}
      />
    </Group>
  );
}

function LastPrice({ market: { venue, symbol } }: { market: Market }) {
  const query = useQuery(prices());
  const row = query.data?.find((at) => at.venue === venue && at.symbol === symbol);
  const [live, setLive] = useState<{ price: string; direction: 'up' | 'down' | '' }>();
  // biome-ignore lint/correctness/useExhaustiveDependencies: another market begins without a live price
  useEffect(() => setLive(undefined), [venue, symbol]);
  const onMessage = useCallback(
    (message: LiveMessage) => {
      if (message.type !== 'price' || message.venue !== venue || message.symbol !== symbol) return;
      setLive((before) => ({ price: message.price, direction: compare(message.price, before) }));
    },
    [venue, symbol],
  );
  useLiveMessages(onMessage);
  const shown = live?.price ?? row?.last?.price;
  const quote = symbol.split('/')[1]?.split(':')[0];
  return (
    <Group gap="md" align="baseline">
      <span className={`market-price number ${live?.direction ?? ''}`} title={shown}>
        {shown === undefined ? '–' : price(shown)}
        <Text span c="dimmed" size="sm" ml={6}>
          {quote}
        </Text>
      </span>
      {row?.top && (
        <Text size="xs" c="dimmed" className="number nowrap">
          Bid {price(row.top.bid)} × {size(row.top.bidSize)} · Ask {price(row.top.ask)} ×{' '}
          {size(row.top.askSize)}
        </Text>
      )}
    </Group>
  );
}

function compare(next: string, before: { price: string; direction: 'up' | 'down' | '' } | undefined) {
  if (!before) return '';
  const change = Number(next) - Number(before.price);
  return change === 0 ? before.direction : change > 0 ? 'up' : 'down';
}
