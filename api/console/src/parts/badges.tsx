import { Badge } from '@mantine/core';
import type { OrderState, Side, TaskState } from '../data/wire.ts';

/** Stands wherever a venue is shown: simulated data must never be taken for the market's. */
export function VenueBadge({ venue }: { venue: string }) {
  return venue === 'sim' ? (
    <Badge
      size="sm"
      color="orange"
      variant="filled"
      radius="sm"
      title="Simulated exchange: made-up prices, not a real market"
    >
      SIM
    </Badge>
  ) : (
    <Badge size="sm" variant="default" radius="sm">
      {venue}
    </Badge>
  );
}

/** Stands for the whole cluster while every venue is rehearsed. */
export const RehearsalBadge = () => (
  <Badge
    size="sm"
    color="orange"
    variant="filled"
    radius="sm"
    title="REHEARSAL=on: every venue is the simulated exchange under another name; all prices are made up"
  >
    SIM · rehearsal
  </Badge>
);

export function ModeBadge({ mode }: { mode: 'paper' | 'live' }) {
  return mode === 'paper' ? (
    <Badge
      size="sm"
      color="indigo"
      variant="light"
      radius="sm"
      title="Paper order: filled against the live book, no real money"
    >
      PAPER
    </Badge>
  ) : (
    <Badge size="sm" color="red" variant="filled" radius="sm">
      LIVE
    </Badge>
  );
}

export function SideMark({ side }: { side: Side }) {
  return (
    <span className={`nowrap strong ${side === 'buy' ? 'up' : 'down'}`}>
      <span aria-hidden>{side === 'buy' ? '▲' : '▼'}</span> {side === 'buy' ? 'Buy' : 'Sell'}
    </span>
  );
}

const STATE_COLORS: Record<OrderState | TaskState | string, string> = {
  FILLED: 'teal',
  SUCCESS: 'teal',
  sent: 'teal',
  live: 'teal',
  ACCEPTED: 'cyan',
  STARTED: 'cyan',
  PROGRESS: 'cyan',
  PARTLY_FILLED: 'cyan',
  SENDING: 'cyan',
  sending: 'cyan',
  syncing: 'cyan',
  RETRY: 'yellow',
  UNKNOWN: 'yellow',
  stale: 'yellow',
  connecting: 'yellow',
  REJECTED: 'red',
  FAILURE: 'red',
  failed: 'red',
  down: 'red',
  closed: 'teal',
  open: 'yellow',
  unfillable: 'red',
};

export function StateBadge({ state, title }: { state: string; title?: string | undefined }) {
  return (
    <Badge size="sm" color={STATE_COLORS[state] ?? 'gray'} variant="light" radius="sm" title={title}>
      {state.replace('_', ' ')}
    </Badge>
  );
}
