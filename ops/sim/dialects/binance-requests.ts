import type { Heard } from '../dialect.ts';
import { isText, parse } from '../words.ts';

const METHODS = ['SUBSCRIBE', 'UNSUBSCRIBE', 'LIST_SUBSCRIPTIONS', 'SET_PROPERTY', 'GET_PROPERTY'] as const;
const STREAMS_PER_CONNECTION = 1_024;

type Id = number | string | null;
type Reply = { result: unknown; id: Id } | { error: { code: number; msg: string }; id?: Id };

/** One connection; `combined` wraps each payload as `{"stream","data"}`. */
export interface Client {
  combined: boolean;
  streams: ReadonlySet<string>;
}

/** What a request does to its connection's subscriptions. */
export interface Subscriptions {
  subscribe(streams: readonly string[]): Heard;
  unsubscribe(streams: readonly string[]): Heard;
}

/**
 * Answers one message of a client in Binance's words. A stream that does not exist is accepted and stays silent, as
 * it does there.
 * https://developers.binance.com/docs/binance-spot-api-docs/web-socket-streams#live-subscribingunsubscribing-to-streams
 */
export function binanceRequests(client: Client, text: string, subscriptions: Subscriptions): Heard {
  const request = parse(text);
  if (!request) return said({ error: { code: 3, msg: 'Invalid JSON: expected value at line 1 column 1' } });
  const { id } = request;
  if (!isId(id)) return refuse('Invalid request: request ID must be an unsigned integer');
  const { method, params } = request;
  if (!isText(method)) return refuse('Invalid request: missing field `method` at line 1 column 1', id);
  switch (method) {
    case 'SUBSCRIBE':
    case 'UNSUBSCRIBE': {
      if (!isStreams(params)) return refuse('Invalid request: params must be a list of stream names', id);
      if (method === 'UNSUBSCRIBE')
        return { ...said({ result: null, id }), ...subscriptions.unsubscribe(params) };
      if (new Set([...client.streams, ...params]).size > STREAMS_PER_CONNECTION)
        return refuse('Invalid request: too many parameters', id);
      return { ...said({ result: null, id }), ...subscriptions.subscribe(params) };
    }
    case 'LIST_SUBSCRIPTIONS':
      return said({ result: [...client.streams], id });
    case 'GET_PROPERTY':
    case 'SET_PROPERTY':
      return property(client, method, params, id);
    default: {
      const variants = METHODS.map((name) => `\`${name}\``).join(', ');
      return refuse(`Invalid request: unknown variant \`${method}\`, expected one of ${variants}`, id);
    }
  }
}

function property(client: Client, method: string, params: unknown, id: Id): Heard {
  const [name, value] = Array.isArray(params) ? params : [];
  if (!isText(name)) return refuse('Invalid request: property name must be a string', id);
  if (name !== 'combined') return refuse('Unknown property', id, 0);
  if (method === 'GET_PROPERTY') return said({ result: client.combined, id });
  if (typeof value !== 'boolean') return refuse('Invalid value type: expected Boolean', id, 1);
  client.combined = value;
  return said({ result: null, id });
}

const isId = (id: unknown): id is Id =>
  id === null || Number.isSafeInteger(id) || (typeof id === 'string' && /^[A-Za-z0-9]{1,36}$/.test(id));

const isStreams = (params: unknown): params is string[] =>
  Array.isArray(params) && params.length > 0 && params.every(isText);

const said = (reply: Reply): Heard => ({ answers: [JSON.stringify(reply)] });

const refuse = (msg: string, id?: Id, code = 2): Heard =>
  said({ error: { code, msg }, ...(id !== undefined && { id }) });
