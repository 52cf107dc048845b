import { queryOptions } from '@tanstack/react-query';
import { get } from './client.ts';
import type {
  Account,
  BadFrame,
  Candle,
  Coverage,
  Gap,
  Interval,
  Mail,
  Me,
  Model,
  Order,
  OrderFlow,
  Price,
  Process,
  Queue,
  Report,
  Signal,
  Task,
  Venue,
} from './wire.ts';

/** One market on screen. */
export interface Market {
  venue: string;
  symbol: string;
  interval: Interval;
}

/** So many candles fill the 200-candle mean and a wide screen. */
export const CANDLES = 800;

const hasNoSession = document.querySelector<HTMLMetaElement>('meta[name=session]')?.content === 'none';

/** Who is logged in; null without asking where the page says that there is no session. */
export const me = () =>
  queryOptions({
    queryKey: ['me'],
    queryFn: () => get<Me | null>('/me'),
    initialData: hasNoSession ? null : undefined,
    retry: false,
    staleTime: Number.POSITIVE_INFINITY,
  });

export const candles = (market: Market) =>
  queryOptions({
    queryKey: ['candles', market],
    queryFn: () => get<Candle[]>('/candles', { ...market, limit: CANDLES }),
    staleTime: 0,
    gcTime: 0,
  });

export const signals = (of: Partial<Market> = {}) =>
  queryOptions({
    queryKey: ['signals', of],
    queryFn: () => get<Signal[]>('/signals', { ...of, limit: 60 }),
    refetchInterval: 15_000,
  });

export const orders = () =>
  queryOptions({
    queryKey: ['orders'],
    queryFn: () => get<Order[]>('/orders', { limit: 30 }),
    refetchInterval: 15_000,
  });

export const positions = () =>
  queryOptions({
    queryKey: ['positions'],
    queryFn: () => get<Account[]>('/positions'),
    refetchInterval: 3_000,
  });

export const prices = () =>
  queryOptions({ queryKey: ['prices'], queryFn: () => get<Price[]>('/prices'), refetchInterval: 3_000 });

export const lastOrderFlow = ({ venue, symbol }: Market) =>
  queryOptions({
    queryKey: ['order-flow', venue, symbol],
    queryFn: () => get<OrderFlow[]>('/order-flow', { venue, symbol, limit: 1 }),
    refetchInterval: 2_000,
  });

export const processes = () =>
  queryOptions({ queryKey: ['processes'], queryFn: () => get<Process[]>('/processes'), staleTime: 10_000 });

export const queueDepths = () =>
  queryOptions({
    queryKey: ['queue-depths'],
    queryFn: () => get<Queue[]>('/queue-depths'),
    staleTime: 10_000,
  });

export const tasks = () =>
  queryOptions({
    queryKey: ['tasks'],
    queryFn: () => get<Task[]>('/tasks', { limit: 60 }),
    refetchInterval: 10_000,
  });

export const models = () =>
  queryOptions({ queryKey: ['models'], queryFn: () => get<Model[]>('/models', { limit: 10 }) });

export const reports = () =>
  queryOptions({ queryKey: ['reports'], queryFn: () => get<Report[]>('/reports') });

export const outbox = () =>
  queryOptions({ queryKey: ['outbox'], queryFn: () => get<Mail[]>('/outbox'), refetchInterval: 10_000 });

/** It changes with a new version of millrace only. */
export const venues = (ccxt: boolean) =>
  queryOptions({
    queryKey: ['venues', ccxt],
    queryFn: () => get<Venue[]>('/venues', { ccxt: String(ccxt) }),
    staleTime: Number.POSITIVE_INFINITY,
  });

export const badFrames = () =>
  queryOptions({
    queryKey: ['bad-frames'],
    queryFn: () => get<BadFrame[]>('/bad-frames'),
    refetchInterval: 10_000,
  });

export const coverage = () =>
  queryOptions({
    queryKey: ['coverage'],
    queryFn: () => get<Coverage[]>('/coverage'),
    refetchInterval: 30_000,
  });

/** Of one state, or the newest of all. */
export const gaps = (state?: Gap['state']) =>
  queryOptions({
    queryKey: ['gaps', state],
    queryFn: () => get<Gap[]>('/gaps', state ? { state, limit: 200 } : { limit: 30 }),
    refetchInterval: 10_000,
  });
