import { messageOf, RejectError, RetryError } from '../errors.ts';
import type { RestCall, Venue } from './venue.ts';

const TIMEOUT_MS = 15_000;

/** What we use of a ccxt exchange: its implicit methods, one for each path of the venue's REST. */
interface RestClient {
  urls: { api: Record<string, string> };
  apiKey?: string;
  last_response_headers?: Record<string, string>;
  sign(...args: unknown[]): { headers?: Record<string, string> };
  [method: string]: unknown;
}

const clients = new WeakMap<Venue, Promise<RestClient>>();

/**
 * One public REST call through ccxt, within its rate limits; the answer as the venue gave it.
 * @throws {RetryError} when the venue is not to be reached or asks to wait, with the wait it asked for
 * @throws {RejectError} when it refuses the call
 */
export async function callRest(venue: Venue, { method, params }: RestCall): Promise<unknown> {
  const client = await clientOf(venue);
  try {
    return await (client[method] as (params: object) => Promise<unknown>)(params);
  } catch (error) {
    throw translate(error, venue, client);
  }
}

/** ccxt is large: it is loaded with the first call. */
function clientOf(venue: Venue): Promise<RestClient> {
  const known = clients.get(venue);
  if (known) return known;
  const client = createClient(venue);
  clients.set(venue, client);
  return client;
}

async function createClient({ history, simulated }: Venue): Promise<RestClient> {
  const { default: ccxt } = await import('ccxt');
  const exchanges = ccxt as unknown as Record<string, new (options: object) => RestClient>;
  const Exchange = exchanges[history.ccxtId];
  if (!Exchange) throw new Error(`ccxt has no exchange ${history.ccxtId}`);
  const client = new Exchange({ enableRateLimit: !simulated, timeout: TIMEOUT_MS });
  if (history.publicUrl) {
    for (const kind of Object.keys(client.urls.api)) client.urls.api[kind] = history.publicUrl;
  }
  return withoutKey(client);
}

/** ccxt insists on a key for old trades, which Binance gives to anyone: satisfy the one, tell the other nothing. */
function withoutKey(client: RestClient): RestClient {
  const sign = client.sign.bind(client);
  client.apiKey = 'none';
  client.sign = (...args) => {
    const signed = sign(...args);
    if (signed.headers) delete signed.headers['X-MBX-APIKEY'];
    return signed;
  };
  return client;
}

/** ccxt's errors by name, so that the library need not be loaded to know them. */
function translate(error: unknown, venue: Venue, client: RestClient): Error {
  const kinds = ancestorsOf(error);
  const text = `${venue.label}: ${messageOf(error).slice(0, 300)}`;
  if (kinds.includes('NetworkError') || kinds.includes('ExchangeNotAvailable')) {
    const seconds = Number(client.last_response_headers?.['Retry-After']);
    const asked = kinds.includes('DDoSProtection') && seconds > 0 ? { afterMs: seconds * 1000 } : {};
    return new RetryError(text, { cause: error, ...asked });
  }
  if (kinds.includes('BaseError')) return new RejectError(text, 'rest', { cause: error });
  return error as Error;
}

function ancestorsOf(error: unknown): string[] {
  const names: string[] = [];
  for (let type = error; type && type !== Object.prototype; type = Object.getPrototypeOf(type)) {
    const name = (type as Error).constructor?.name;
    if (name) names.push(name);
  }
  return names;
}
