import { backoffMs, now, sleep } from '../shared/clock.ts';
import { type Config, requireSetting } from '../shared/config.ts';
import type { Interval, MarketEvent } from '../shared/domain/market.ts';
import { messageOf } from '../shared/errors.ts';
import { Feed } from '../shared/exchanges/feed.ts';
import { chooseIntervals } from '../shared/exchanges/intervals.ts';
import type { Subscription, Venue } from '../shared/exchanges/venue.ts';
import { findVenue } from '../shared/exchanges/venues.ts';
import type { Releasers } from '../shared/lifecycle.ts';
import type { Log } from '../shared/log.ts';
import { createMetrics } from '../shared/metrics.ts';
import { PriceWriter } from '../shared/prices/writer.ts';
import { startHeartbeat } from '../shared/queue/heartbeat.ts';
import { Queues } from '../shared/queue/queues.ts';
import { connectRedis } from '../shared/queue/redis.ts';
import { BadFrames } from './bad-frames.ts';
import { Batcher } from './batcher.ts';
import { CandleHistory } from './candle-history.ts';
import { Continuity } from './continuity.ts';
import { FeedNews } from './feed-news.ts';
import { statusOf } from './feed-status.ts';
import { Glimpse } from './glimpse.ts';
import { Intake } from './intake.ts';
import { Sender } from './sender.ts';

const DRAIN_MS = 8_000;
/** How far back candles are looked for when Redis lost what it held. */
const LOOK_BACK_MS = 600_000;
/** A command that Redis has not answered by then counts as failed, so that a half-open connection shows. */
const COMMAND_TIMEOUT_MS = 5_000;

/**
 * One producer: the feed of a venue, batched onto the queues, until its releasers close.
 *
 * Trades, closed candles and book snapshots go to `archive_batch`; prices, open candles and live books to the price
 * cache; what may have been lost is asked for by `backfill_trades` and `bootstrap`.
 * @throws {UserError} when the venue, its address or an interval is not to be had
 */
export async function startProducer(
  config: Config,
  log: Log,
  releasers: Releasers,
  { venue: name }: { venue: string },
): Promise<void> {
  if (name === 'sim') requireSetting(config, 'SIM_URL');
  const venue = findVenue(name, 'spot', { simUrl: config.SIM_URL });
  const intervals = chooseIntervals(venue, config.INTERVALS);
  const { NAMESPACE: namespace, SYMBOLS: symbols } = config;

  const redis = connectRedis(requireSetting(config, 'REDIS_URL'), log, {
    commandTimeout: COMMAND_TIMEOUT_MS,
  });
  releasers.push('redis', () => redis.disconnect());
  if (redis.status !== 'ready') await new Promise<void>((resolve) => redis.once('ready', () => resolve()));
  const queues = new Queues(redis, { prefix: namespace, shards: config.SHARDS });
  releasers.push('queues', () => queues.close());
  const metrics = createMetrics(`producer-${name}`);
  const continuity = new Continuity({ redis, namespace, venue: name });
  const stop = new AbortController();
  releasers.push('retries', () => stop.abort());
  const patience = { log, signal: stop.signal };
  await untilDone(() => continuity.seed(), patience);

  const history = new CandleHistory({ venue: name, symbols, intervals, queues });
  const badFrames = new BadFrames({ venue: name, queues, metrics, log });
  releasers.push('bad frames', () => badFrames.close());
  const glimpse = new Glimpse(redis, namespace);
  releasers.push('glimpse', () => glimpse.close());
  const prices = new PriceWriter({ redis, namespace, venue: name });
  releasers.push('prices', () => prices.close());

  const sender = new Sender({
    venue: name,
    queues,
    continuity,
    metrics,
    log,
    onBacklog: (shard, pressed) => {
      const lane = batcher.lanes[shard];
      if (lane) lane.pressed = pressed;
    },
    onLost: () => void untilDone(() => history.askSince(now() - LOOK_BACK_MS), patience),
  });
  const batcher = new Batcher({
    venue: name,
    source: 'live',
    shards: config.SHARDS,
    maxEvents: config.BATCH_MAX_EVENTS,
    maxMs: config.BATCH_MAX_MS,
    send: (shipment, shard) => sender.send(shipment, shard),
    onTrouble: (error) => log.warn({ reason: messageOf(error) }, 'batches wait'),
    onRecovered: () => log.info('batches flow again'),
  });
  releasers.push('batches', async () => {
    const left = await batcher.drain(DRAIN_MS);
    if (left > 0) log.warn({ events: left }, 'not sent before the end; the next start asks for them');
  });

  const intake = new Intake({ batcher, continuity, prices, glimpse, metrics, log, venue: name, config });
  const news = new FeedNews(name);
  let lastLive = 0;
  const feed: Feed = new Feed({
    venue,
    subscriptions: subscriptionsOf(venue, symbols, intervals),
    onEvents: (events: readonly MarketEvent[]) => intake.take(events, feed),
    onBadFrame: (bad) => badFrames.add(bad),
    onStatus: ({ state, reason }) => {
      log[state === 'down' ? 'warn' : 'info']({ state, reason }, 'feed');
      news.take(state, reason);
      intake.showBooks(feed);
      if (state === 'down') {
        lastLive ||= now();
        metrics.reconnects.inc({ venue: name });
      } else if (state === 'live') {
        const since = lastLive || now();
        lastLive = 0;
        void untilDone(() => history.askSince(since), patience);
      }
    },
  });
  releasers.push('book snapshots', intake.keepBooks(feed, symbols, config.BOOK_SNAPSHOT_MS));
  intake.onShed = () => void untilDone(() => history.askSince(intake.shedSince), patience);

  const heartbeat = startHeartbeat(
    redis,
    namespace,
    { kind: 'producer', name: `producer-${name}`, metrics: metrics.registry },
    () => ({ feeds: [statusOf(feed, symbols)] }),
  );
  releasers.push('heartbeat', () => heartbeat.stop());
  await untilDone(() => history.askAtStart(), patience);
  feed.start();
  releasers.push('feed', () => feed.close());
  log.info({ venue: venue.label, symbols, intervals }, 'producer is ready');
}

/** Everything the venue offers of these symbols. */
export function subscriptionsOf(
  venue: Venue,
  symbols: readonly string[],
  intervals: readonly Interval[],
): Subscription[] {
  return symbols.flatMap((symbol) =>
    venue.channels.flatMap((channel): Subscription[] =>
      channel === 'candles'
        ? intervals.map((interval) => ({ channel, symbol, interval }))
        : [{ channel, symbol }],
    ),
  );
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
