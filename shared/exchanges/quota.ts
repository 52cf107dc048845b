import { InFlight } from './in-flight.ts';
import { TokenBucket } from './token-bucket.ts';
import type { Rate, Venue, VenueFacts } from './venue.ts';

/** What we take of a documented limit: clocks differ, and other programs may share the address. */
export const SHARE = 0.9;
/** Where producers ask for books over REST, as pools do for history, and the venue tells no count, each takes half. */
const SHARE_OF_A_PROCESS = SHARE / 2;

/**
 * Where the venue tells what it has counted, every process knows of the others with its next answer: what each has under
 * way until then fits, for two of them, into the tenth that is not taken.
 */
const SHARE_UNDER_WAY = (1 - SHARE) / 2;

/** By what the venue counts, for this process: limits are an address's, not a connection's or a feed's. */
const buckets = new Map<string, TokenBucket>();
const underWay = new Map<string, InFlight>();

/** Connection attempts to a host; the simulated exchange is that of many venues, each with limits of its own. */
export const connectQuota = (url: string, { name, limits }: Venue): TokenBucket =>
  bucketOf(`connects ${name} ${new URL(url).host}`, limits.connects);

/** Messages to a host: one bucket for all connections where the venue counts so, one of its own otherwise. */
export const messageQuota = (url: string, { name, limits }: Venue): TokenBucket =>
  limits.messages.scope === 'address'
    ? bucketOf(`messages ${name} ${new URL(url).host}`, limits.messages)
    : new TokenBucket(shareOf(limits.messages));

/** REST weight. */
export const restQuota = ({ history, limits }: VenueFacts): TokenBucket =>
  bucketOf(
    `rest ${limits.rest.host} ${history.restOrigin ?? ''}`,
    limits.rest.weight,
    limits.rest.usedHeader || !(history.book ?? history.bookTop) ? SHARE : SHARE_OF_A_PROCESS,
  );

/** REST weight that is under way. */
export function restInFlight({ history, limits }: VenueFacts): InFlight {
  const { host, weight, usedHeader } = limits.rest;
  const key = `${host} ${history.restOrigin ?? ''}`;
  const most = usedHeader ? weight.count * SHARE_UNDER_WAY : Number.POSITIVE_INFINITY;
  const inFlight = underWay.get(key) ?? new InFlight(most);
  underWay.set(key, inFlight);
  return inFlight;
}

/** Whether so much of the REST weight is left that what can wait need not. */
export const hasRoomForAudits = (venue: Venue): boolean =>
  restQuota(venue).free > venue.limits.rest.weight.count / 3;

/** Milliseconds that this process has waited for its quotas, by what is counted where. */
export const quotaWaits = (): { quota: string; waitedMs: number }[] =>
  [...buckets].map(([quota, { waitedMs }]) => ({ quota, waitedMs }));

function bucketOf(key: string, limit: Rate, share = SHARE): TokenBucket {
  const bucket = buckets.get(key) ?? new TokenBucket(shareOf(limit, share));
  buckets.set(key, bucket);
  return bucket;
}

const shareOf = ({ count, perMs }: Rate, share = SHARE): Rate => ({
  count: Math.floor(count * share),
  perMs,
});
