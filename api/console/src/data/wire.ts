/** What the API says, as `api/routes` has it; `api/wire.test.ts` fails to compile when the two differ. */
export type Side = 'buy' | 'sell';
export type Interval = '1s' | '1m' | '5m' | '15m' | '1h' | '4h' | '1d';
export type Role = 'viewer' | 'trader' | 'operator' | 'admin';

export interface Me {
  name: string;
  role: Role;
  sessionEndsAt: number;
  venues: string[];
  symbols: string[];
  intervals: { venue: string; intervals: Interval[] }[];
}

export interface Candle {
  venue: string;
  symbol: string;
  interval: Interval;
  ts: number;
  open: string;
  high: string;
  low: string;
  close: string;
  volume: string;
}

export interface Price {
  venue: string;
  symbol: string;
  last: { price: string; side: Side; ts: number; receivedAt: number } | null;
  top: { bid: string; bidSize: string; ask: string; askSize: string; ts: number } | null;
}

export interface Signal {
  id: number;
  venue: string;
  symbol: string;
  interval: Interval;
  strategy: string;
  ts: number;
  side: Side;
  price: string;
  details: Record<string, number | string>;
  live: boolean;
  createdAt: number;
  autopilot: string | null;
  outcome: 'ordered' | 'skipped' | null;
  reason: string | null;
}

export type OrderState =
  | 'INTENT'
  | 'SENDING'
  | 'ACCEPTED'
  | 'PARTLY_FILLED'
  | 'FILLED'
  | 'CANCELLED'
  | 'REJECTED'
  | 'EXPIRED'
  | 'UNKNOWN';

export interface Order {
  id: string;
  clientId: string;
  autopilot: string;
  signalId: number;
  venue: string;
  symbol: string;
  mode: 'paper' | 'live';
  side: Side;
  type: 'market';
  size: string;
  filled: string;
  averagePrice: string | null;
  fee: string;
  state: OrderState;
  reason: string | null;
  createdAt: number;
  updatedAt: number;
  fills: { tradeId: string; price: string; size: string; fee: string; ts: number }[];
}

export interface Position {
  venue: string;
  symbol: string;
  size: string;
  averagePrice: string;
  cost: string;
  realizedPnl: string;
  fees: string;
  updatedAt: number;
  lastPrice: string | null;
  lastPriceAt: number | null;
  value: string | null;
  unrealizedPnl: string | null;
}

export interface Account {
  name: string;
  enabled: boolean;
  venue: string;
  interval: Interval;
  strategy: string;
  dailyTradeLimit: number;
  tradesToday: number;
  holder: string | null;
  leaseExpiresAt: number | null;
  currency: string;
  opening: string;
  cash: string;
  equity: string | null;
  positions: Position[];
}

export type TaskState = 'PENDING' | 'STARTED' | 'PROGRESS' | 'RETRY' | 'SUCCESS' | 'FAILURE' | 'REVOKED';

export interface Task {
  id: string;
  name: string;
  queue: string;
  state: TaskState;
  payload: Record<string, unknown>;
  progress: { done: number; total: number; note: string } | null;
  result: unknown;
  error: string | null;
  attempts: number;
  worker: string | null;
  createdAt: number;
  startedAt: number | null;
  finishedAt: number | null;
  history: { state: TaskState; at: number }[];
}

export interface Model {
  id: number;
  taskId: string;
  kind: string;
  venue: string;
  symbol: string;
  interval: Interval;
  metrics: Record<string, unknown>;
  trainedFrom: number;
  trainedTo: number;
  createdAt: number;
}

export interface Report {
  id: number;
  kind: string;
  day: string;
  title: string;
  summary: Record<string, unknown>;
  createdAt: number;
}

export interface Mail {
  id: number;
  kind: string;
  subject: string;
  body: string;
  state: 'waiting' | 'sending' | 'sent' | 'failed';
  attempts: number;
  error: string | null;
  createdAt: number;
  sentAt: number | null;
}

export interface BadFrame {
  id: number;
  venue: string;
  receivedAt: number;
  reason: string;
  bytes: number;
  head: string;
  digest: string;
}

export interface Feed {
  venue: string;
  symbols: string[];
  state: 'connecting' | 'syncing' | 'live' | 'stale' | 'down';
  reason: string | null;
  since: number;
  reconnects: number;
}

export interface Process {
  id: string;
  kind: 'producer' | 'pool' | 'api' | 'sim';
  name: string;
  host: string;
  pid: number;
  startedAt: number;
  beatAt: number;
  rssBytes: number;
  queues: string[];
  slots: number;
  busy: number;
  feeds: Feed[];
}

export interface Queue {
  name: string;
  waiting: number;
  active: number;
  delayed: number;
  failed: number;
  completed: number;
  paused: boolean;
  oldestWaitingMs: number | null;
}

/** Messages of the live stream; each frame is an array of them. */
export type LiveMessage =
  | { type: 'candle'; candle: Candle }
  | { type: 'price'; venue: string; symbol: string; price: string; side: Side; ts: number }
  | { type: 'signal'; signal: Pick<Signal, 'id'> }
  | { type: 'order'; order: Pick<Order, 'id'> }
  | { type: 'task'; id: string; name: string; state: TaskState; progress: unknown }
  | { type: 'status'; at: number; processes: Process[]; queues: Queue[] };
