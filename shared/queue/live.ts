import type { Redis } from 'ioredis';
import type { Candle, Side } from '../domain/market.ts';
import type { Order, Signal } from '../domain/trading.ts';
import type { TaskState } from '../tasks/define.ts';

/** What people watch as it happens. Best effort by design: the record is PostgreSQL, this is the glimpse. */
export type LiveMessage =
  | { type: 'candle'; candle: Omit<Candle, 'type'> }
  | { type: 'price'; venue: string; symbol: string; price: string; side: Side; ts: number }
  | { type: 'signal'; signal: Signal }
  | { type: 'order'; order: Order }
  | { type: 'task'; id: string; name: string; state: TaskState; progress: unknown };

const channel = (namespace: string) => `${namespace}:live`;

export async function publishLive(redis: Redis, namespace: string, messages: LiveMessage[]): Promise<void> {
  if (messages.length) await redis.publish(channel(namespace), JSON.stringify(messages)).catch(() => {});
}

/** Calls `onMessages` for whatever is published from now on; `redis` must be a connection of its own. */
export async function subscribeLive(
  redis: Redis,
  namespace: string,
  onMessages: (messages: LiveMessage[]) => void,
): Promise<void> {
  redis.on('message', (_channel, text) => onMessages(JSON.parse(text) as LiveMessage[]));
  await redis.subscribe(channel(namespace));
}
