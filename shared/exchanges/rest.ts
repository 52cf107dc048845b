import { now } from '../clock.ts';
import { messageOf, RejectError, RetryError } from '../errors.ts';
import { listOnly } from './ccxt/list-only.ts';
import { restInFlight, restQuota } from './quota.ts';
import type { TokenBucket } from './token-bucket.ts';
import type { RestCall, VenueFacts } from './venue.ts';
import type { Grade } from './waiting-line.ts';

const TIMEOUT_MS = 15_000;
/** A venue that turns us away without saying for how long. */
const TURNED_AWAY_MS = 60_000;
/** Rather than wait so long, or longer, a call is refused: its caller knows better what to do meanwhile. */
const LONG_WAIT_MS = 10_000;

/** What we use of a ccxt exchange: its implicit methods, one for each path of the venue's REST. */
interface RestClient {
  options: Record<string, unknown>;
  apiKey?: string;
  sign(...args: unknown[]): { url: string; headers?: Record<string, string> };
  onRestResponse(status: number, statusText: string, url: string, method: string, ...more: unknown[]): string;
  [method: string]: unknown;
}

const clients = new Map<string, Promise<RestClient>>();
/** By client: how far the venue's clock is ahead of ours, in ms. */
const clockOffsets = new Map<string, number>();

/** Half a round trip and the whole seconds of a date header: less is no difference. */
const SAME_CLOCK_MS = 2_500;

/**
 * One public REST call through ccxt, within the venue's budget; the answer as the venue gave it. A venue that turns
 * us away (429, 418, 403) is left alone by the whole process until the wait that it asked for is over.
 * @throws {RetryError} when the venue is not to be reached or asks to wait, with the wait it asked for
 * @throws {RejectError} when it refuses the call
 */
export async function callRest(
  venue: VenueFacts,
  { method, params, args = [params], weight = 1 }: RestCall,
  grade?: Grade,
): Promise<unknown> {
  const client = await clientOf(venue);
  const quota = restQuota(venue);
  refuseWhileShut(venue, quota);
  const call = async () => {
    await quota.take(weight, grade);
    refuseWhileShut(venue, quota);
    try {
      return await (client[method] as (...args: unknown[]) => Promise<unknown>)(...args);
    } catch (error) {
      throw translate(error, venue, quota);
    }
  };
  return restInFlight(venue).run(weight, call, grade);
}

/** How far the venue's clock is ahead of ours, in ms, as its last answer had it; 0 while they agree. */
export const clockOffsetMs = (venue: VenueFacts): number => clockOffsets.get(keyOf(venue)) ?? 0;

/**
 * The deepest of these calls of which `waiting` together take no more than half of what is left: all of them are made
 * at once, and the next storm finds something.
 */
export function affordable(
  venue: VenueFacts,
  calls: readonly [RestCall, ...RestCall[]],
  waiting = 1,
): RestCall {
  const { free } = restQuota(venue);
  const fitting = calls.find(({ weight = 1 }) => weight * Math.max(1, waiting) <= free / 2);
  return fitting ?? (calls.at(-1) as RestCall);
}

function refuseWhileShut({ label }: VenueFacts, quota: TokenBucket) {
  const afterMs = quota.shutMs;
  if (afterMs > LONG_WAIT_MS) {
    throw new RetryError(`${label}: it asked us to wait ${Math.ceil(afterMs / 1000)} s`, { afterMs });
  }
}

/** ccxt is large: it is loaded with the first call. */
function clientOf(venue: VenueFacts): Promise<RestClient> {
  const key = keyOf(venue);
  const client = clients.get(key) ?? createClient(venue);
  clients.set(key, client);
  return client;
}

const keyOf = (venue: VenueFacts): string =>
  `${venue.limits.rest.host} ${venue.history.restOrigin ?? ''} ${marketType(venue)}`;

async function createClient(venue: VenueFacts): Promise<RestClient> {
  const { history } = venue;
  const { default: ccxt } = await import('ccxt');
  const exchanges = ccxt as unknown as Record<string, new (options: object) => RestClient>;
  const Exchange = exchanges[history.ccxtId];
  if (!Exchange) throw new Error(`ccxt has no exchange ${history.ccxtId}`);
  const options = { defaultType: marketType(venue) };
  const client = new Exchange({ enableRateLimit: false, timeout: TIMEOUT_MS, options });
  listOnly(client, marketType(venue));
  return withoutKey(at(history.restOrigin, listening(client, venue)));
}

/** ccxt's word for a market, as far as its own lists of symbols are concerned. */
function marketType({ takes }: VenueFacts): string {
  if (takes.includes('spot')) return 'spot';
  return takes.some((kind) => kind.endsWith('swap')) ? 'swap' : 'future';
}

/** Every answer tells what the venue has counted, or for how long it wants to be left alone. */
function listening(client: RestClient, venue: VenueFacts): RestClient {
  const onRestResponse = client.onRestResponse.bind(client);
  const { usedHeader = '' } = venue.limits.rest;
  client.onRestResponse = (status, statusText, url, method, ...more) => {
    const headers = lowerCase(more[0] as Record<string, string>);
    const quota = restQuota(venue);
    noteClock(venue, headers.date);
    const used = Number(headers[usedHeader]);
    if (used > 0) quota.learn(used);
    const seconds = Number(headers['retry-after']);
    if (isTurnedAway(status)) quota.shut(seconds > 0 ? seconds * 1000 : TURNED_AWAY_MS);
    return onRestResponse(status, statusText, url, method, ...more);
  };
  return client;
}

function noteClock(venue: VenueFacts, date = '') {
  const offsetMs = Date.parse(date) - now();
  if (Number.isNaN(offsetMs)) return;
  clockOffsets.set(keyOf(venue), Math.abs(offsetMs) < SAME_CLOCK_MS ? 0 : offsetMs);
}

/** Too many requests; Binance's ban; Bybit's. */
const isTurnedAway = (status: number) => status === 429 || status === 418 || status === 403;

const lowerCase = (headers: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));

/** Every call goes to another place than the venue's own, its path below that. */
function at(origin: string | undefined, client: RestClient): RestClient {
  if (!origin) return client;
  const sign = client.sign.bind(client);
  client.sign = (...args) => {
    const signed = sign(...args);
    const { pathname, search } = new URL(signed.url);
    return { ...signed, url: `${origin}${pathname}${search}` };
  };
  return client;
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
function translate(error: unknown, venue: VenueFacts, quota: TokenBucket): Error {
  const kinds = ancestorsOf(error);
  const text = `${venue.label}: ${messageOf(error).slice(0, 300)}`;
  if (kinds.includes('NetworkError') || kinds.includes('ExchangeNotAvailable') || quota.shutMs > 0) {
    const afterMs = Math.ceil(quota.shutMs / 1000) * 1000;
    return new RetryError(text, { cause: error, ...(afterMs > 0 && { afterMs }) });
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
