import type { Redis } from 'ioredis';
import { backoffMs, now, sleep } from '../shared/clock.ts';
import { type Config, requireSetting } from '../shared/config.ts';
import type { MarketEvent } from '../shared/domain/market.ts';
import { messageOf } from '../shared/errors.ts';
import { type Entry, producerName, readEntry, symbolsOf } from '../shared/exchanges/entries.ts';
import { Feed } from '../shared/exchanges/feed.ts';
import { chooseIntervals } from '../shared/exchanges/intervals.ts';
import { subscriptionsOf } from '../shared/exchanges/subscriptions.ts';
import type { Subscription, Venue } from '../shared/exchanges/venue.ts';
import { findLiveVenue } from '../shared/exchanges/venues.ts';
import type { Releasers } from '../shared/lifecycle.ts';
import type { Log } from '../shared/log.ts';
import { createMetrics, type Metrics } from '../shared/metrics.ts';
import { PriceWriter } from '../shared/prices/writer.ts';
import { startHeartbeat } from '../shared/queue/heartbeat.ts';
import { Queues } from '../shared/queue/queues.ts';
import { connectRedis } from '../shared/queue/redis.ts';
import { BadFrames } from './bad-frames.ts';
import type { Batcher } from './batcher.ts';
import { CandleHistory } from './candle-history.ts';
import { Continuity } from './continuity.ts';
import { Cursors } from './cursors.ts';
import { FeedNews } from './feed-news.ts';
import { statusOf } from './feed-status.ts';
import { GapWatch } from './gap-watch.ts';
import { Glimpse } from './glimpse.ts';
import { Intake } from './intake.ts';
import { Interruption } from './interruption.ts';
import { openOutlet } from './outlet.ts';

/** How far back candles are looked for when Redis lost what it held. */
const LOOK_BACK_MS = 600_000;
/** A command that Redis has not answered by then counts as failed, so that a half-open connection shows. */
const COMMAND_TIMEOUT_MS = 5_000;

/**
 * One producer: the feed of one entry of `SUPPORTED_EXCHANGES`, batched onto the queues, until its releasers close.
 *
 * Trades, closed candles and book snapshots go to `archive_batch`; prices, open candles and live books to the price
 * cache; trades that may have been lost are told to `record_gap`, candles asked for by `bootstrap`.
 * @throws {UserError} when the exchange, its address or an interval is not to be had
 */
export async function startProducer(
  config: Config,
  log: Log,
  releasers: Releasers,
  { entry: text }: { entry: string },
): Promise<void> {
  const entry = readEntry(text);
  const name = entry.venue;
  const venue = findLiveVenue(name, entry.market, {
    simUrl: config.SIM_URL,
    rehearsal: config.REHEARSAL === 'on',
  });
  const intervals = chooseIntervals(venue, config.INTERVALS);
  const { NAMESPACE: namespace, SHARDS: shards } = config;
  const symbols = symbolsOf(entry, config.SYMBOLS);
  const redis = await connect(config, log, releasers);
  const queues = new Queues(redis, { prefix: namespace, shards });
  releasers.push('queues', () => queues.close());
  const metrics = createMetrics(producerName(entry.name));
  const kit: Kit = { name, entry, symbols, config, log, releasers, redis, queues, metrics };

  const stop = new AbortController();
  releasers.push('retries', () => stop.abort());
  const patiently = (work: () => Promise<void>) => untilDone(work, { log, signal: stop.signal });
  const cursors = new Cursors({ redis, namespace, venue: name });
  await patiently(() => cursors.read());
  const history = new CandleHistory({ venue: name, symbols, intervals, queues });
  const askForCandles = (since: number) => void patiently(() => history.askSince(since));

  const { batcher, sender } = await openOutlet(kit, cursors, () => askForCandles(now() - LOOK_BACK_MS));
  const continuity = new Continuity(venue.promises.tradeBreaks);
  continuity.begin(symbols, cursors);
  const gaps = new GapWatch(continuity, (gap) => void patiently(() => sender.tell(gap)));
  releasers.push('gaps', () => gaps.close());
  const intake = startIntake(kit, { batcher, continuity, gaps, onShed: askForCandles });
  const subscriptions = subscriptionsOf(venue, symbols, intervals);
  const feed = createFeed(kit, venue, subscriptions, { intake, gaps, askForCandles });
  releasers.push('book snapshots', intake.keepBooks(feed, symbols, config.BOOK_SNAPSHOT_MS));
  const heartbeat = startHeartbeat(
    redis,
    namespace,
    { kind: 'producer', name: producerName(entry.name), metrics: metrics.registry },
    () => ({ feeds: [statusOf(feed, entry, symbols)] }),
  );
  releasers.push('heartbeat', () => heartbeat.stop());
  await patiently(() => history.askAtStart());
  feed.start();
  releasers.push('feed', () => feed.close());
  log.info({ venue: venue.label, symbols, intervals }, 'producer is ready');
}

/** What every part of a producer is built from; `name` is the venue's. */
export interface Kit {
  name: string;
  entry: Entry;
  symbols: string[];
  config: Config;
  log: Log;
  releasers: Releasers;
  redis: Redis;
  queues: Queues;
  metrics: Metrics;
}

/** Waits for Redis however long it is away. */
async function connect(config: Config, log: Log, releasers: Releasers): Promise<Redis> {
  const redis = connectRedis(requireSetting(config, 'REDIS_URL'), log, {
    commandTimeout: COMMAND_TIMEOUT_MS,
  });
  releasers.push('redis', () => redis.disconnect());
  if (redis.status !== 'ready') await new Promise<void>((resolve) => redis.once('ready', () => resolve()));
  return redis;
}

/** The ways of an event: to the archive, to the price cache, to people's eyes. */
function startIntake(
  { name, config, log, releasers, redis, metrics }: Kit,
  archive: { batcher: Batcher; continuity: Continuity; gaps: GapWatch; onShed: (since: number) => void },
): Intake {
  const glimpse = new Glimpse(redis, config.NAMESPACE);
  releasers.push('glimpse', () => glimpse.close());
  const prices = new PriceWriter({ redis, namespace: config.NAMESPACE, venue: name });
  releasers.push('prices', () => prices.close());
  return new Intake({ ...archive, prices, glimpse, metrics, log, venue: name, config });
}

/** The venue's feed, not started yet; `askForCandles` is told what an interruption may have cost. */
function createFeed(
  { name, entry, log, releasers, queues, metrics }: Kit,
  venue: Venue,
  subscriptions: Subscription[],
  {
    intake,
    gaps,
    askForCandles,
  }: {
    intake: Intake;
    gaps: GapWatch;
    askForCandles: (since: number) => void;
  },
): Feed {
  const badFrames = new BadFrames({ venue: name, queues, metrics, log });
  releasers.push('bad frames', () => badFrames.close());
  const news = new FeedNews(entry.name);
  const interruption = new Interruption(venue.limits.silenceMs);
  const feed: Feed = new Feed({
    venue,
    subscriptions,
    onEvents: (events: readonly MarketEvent[]) => intake.take(events, feed),
    onInterrupted: (symbols, reason) => gaps.lost(symbols, 'disconnect', reason),
    onResumed: (symbols) => gaps.heard(symbols),
    onBadFrame: (bad) => badFrames.add(bad),
    onStatus: ({ state, reason }) => {
      log[state === 'down' ? 'warn' : 'info']({ state, reason }, 'feed');
      news.take(state, reason);
      intake.showBooks(feed);
      if (state === 'down') metrics.reconnects.inc({ venue: name });
      const since = interruption.take(state);
      if (since !== undefined) askForCandles(since);
    },
  });
  return feed;
}

/** Tries until it works, for Redis may be away for a while, or until the producer stops. */
async function untilDone(work: () => Promise<void>, { log, signal }: { log: Log; signal: AbortSignal }) {
  for (let attempt = 0; !signal.aborted; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (attempt === 0) log.warn({ reason: messageOf(error) }, 'waiting for Redis');
      await sleep(backoffMs(attempt, { capMs: 2_000 }), signal);
    }
  }
}
