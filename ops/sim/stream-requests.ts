import type { Client } from './streams.ts';

const METHODS = ['SUBSCRIBE', 'UNSUBSCRIBE', 'LIST_SUBSCRIPTIONS', 'SET_PROPERTY', 'GET_PROPERTY'] as const;
const STREAMS_PER_CONNECTION = 1_024;

type Id = number | string | null;
type Reply = { result: unknown; id: Id } | { error: { code: number; msg: string }; id?: Id };

/** How a request changes its connection's subscriptions. */
export interface Subscriptions {
  subscribe(stream: string): void;
  unsubscribe(stream: string): void;
}

/**
 * Answers one message of a client in Binance's words. A stream that does not exist is accepted and stays silent, as
 * it does there.
 * https://developers.binance.com/docs/binance-spot-api-docs/web-socket-streams#live-subscribingunsubscribing-to-streams
 */
export function answer(client: Client, text: string, subscriptions: Subscriptions): Reply {
  const request = parse(text);
  if (!request) return { error: { code: 3, msg: 'Invalid JSON: expected value at line 1 column 1' } };
  const { id } = request;
  if (!isId(id)) return refuse('Invalid request: request ID must be an unsigned integer');
  const { method, params } = request;
  if (typeof method !== 'string')
    return refuse('Invalid request: missing field `method` at line 1 column 1', id);
  switch (method) {
    case 'SUBSCRIBE':
    case 'UNSUBSCRIBE': {
      if (!isStreams(params)) return refuse('Invalid request: params must be a list of stream names', id);
      return method === 'SUBSCRIBE'
        ? subscribe(client, params, subscriptions, id)
        : unsubscribe(params, subscriptions, id);
    }
    case 'LIST_SUBSCRIPTIONS':
      return { result: [...client.streams], id };
    case 'GET_PROPERTY':
    case 'SET_PROPERTY':
      return property(client, method, params, id);
    default: {
      const variants = METHODS.map((name) => `\`${name}\``).join(', ');
      return refuse(`Invalid request: unknown variant \`${method}\`, expected one of ${variants}`, id);
    }
  }
}

function subscribe(client: Client, streams: string[], { subscribe }: Subscriptions, id: Id): Reply {
  if (new Set([...client.streams, ...streams]).size > STREAMS_PER_CONNECTION) {
    return refuse('Invalid request: too many parameters', id);
  }
  for (const stream of streams) subscribe(stream);
  return { result: null, id };
}

function unsubscribe(streams: string[], { unsubscribe }: Subscriptions, id: Id): Reply {
  for (const stream of streams) unsubscribe(stream);
  return { result: null, id };
}

function property(client: Client, method: string, params: unknown, id: Id): Reply {
  const [name, value] = Array.isArray(params) ? params : [];
  if (typeof name !== 'string') return refuse('Invalid request: property name must be a string', id);
  if (name !== 'combined') return refuse('Unknown property', id, 0);
  if (method === 'GET_PROPERTY') return { result: client.combined, id };
  if (typeof value !== 'boolean') return refuse('Invalid value type: expected Boolean', id, 1);
  client.combined = value;
  return { result: null, id };
}

function parse(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

const isId = (id: unknown): id is Id =>
  id === null || Number.isSafeInteger(id) || (typeof id === 'string' && /^[A-Za-z0-9]{1,36}$/.test(id));

const isStreams = (params: unknown): params is string[] =>
  Array.isArray(params) && params.length > 0 && params.every((name) => typeof name === 'string');

const refuse = (msg: string, id?: Id, code = 2): Reply => ({
  error: { code, msg },
  ...(id !== undefined && { id }),
});
