import type { Interval, Side } from './market.ts';

/** A strategy's word on one closed candle. `ts` is the candle's close time; it is unique per candle and strategy. */
export interface Signal {
  id: number;
  venue: string;
  symbol: string;
  interval: Interval;
  strategy: string;
  ts: number;
  side: Side;
  price: string;
  /** The figures it was made from, such as `{ ma50, ma200 }`. */
  details: Record<string, number | string>;
}

export const ORDER_STATES = [
  'INTENT',
  'SENDING',
  'ACCEPTED',
  'PARTLY_FILLED',
  'FILLED',
  'CANCELLED',
  'REJECTED',
  'EXPIRED',
  'UNKNOWN',
] as const;
export type OrderState = (typeof ORDER_STATES)[number];

/** An order from its intent on; money fields are decimal strings, `fee` in the quote currency. */
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
}

/** One execution of an order. */
export interface Fill {
  orderId: string;
  tradeId: string;
  price: string;
  size: string;
  fee: string;
  ts: number;
}

/** What an autopilot holds of one symbol. `averagePrice` is the mean entry price, fees apart. */
export interface Position {
  autopilot: string;
  venue: string;
  symbol: string;
  size: string;
  averagePrice: string;
  realizedPnl: string;
  fees: string;
}
