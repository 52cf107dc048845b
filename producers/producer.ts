import type { Redis } from 'ioredis';
import { backoffMs, now, sleep } from '../shared/clock.ts';
import { type Config, requireSetting } from '../shared/config.ts';
import { describeKinds } from '../shared/domain/symbols.ts';
import { messageOf } from '../shared/errors.ts';
import { type Entry, producerName, readEntry, symbolsOf } from '../shared/exchanges/entries.ts';
import { chooseIntervals } from '../shared/exchanges/intervals.ts';
import { type LiveMarket, loadMarket } from '../shared/exchanges/live-market.ts';
import type { RunningFeed } from '../shared/exchanges/running-feed.ts';
import { subscriptionsOf } from '../shared/exchanges/subscriptions.ts';
import type { Subscription, VenueFacts } from '../shared/exchanges/venue.ts';
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
import { countFact, measureWaits } from './feed-metrics.ts';
import { FeedNews, tellSupervisor } from './feed-news.ts';
import { statusOf } from './feed-status.ts';
import { GapWatch } from './gap-watch.ts';
import { Glimpse } from './glimpse.ts';
import { Intake } from './intake.ts';
import { Interruption } from './interruption.ts';
import { ListingWatch } from './listing-watch.ts';
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
  const rehearsal = config.REHEARSAL === 'on';
  const market = await loadMarket(entry, { simUrl: config.SIM_URL, rehearsal });
  const intervals = chooseIntervals(market.facts, config.INTERVALS);
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
  const cursors = new Cursors({ redis, namespace, venue: name, producer: producerName(entry.name) });
  await patiently(() => cursors.read());
  releasers.push('cursors', () => cursors.close());
  const listing = watchListing(kit, market.facts);
  releasers.push('listing', () => listing.stop());
  await listing.begin();
  const history = new CandleHistory({ venue: name, symbols: () => listing.followed, intervals, queues });
  const askForCandles = (since: number) => void patiently(() => history.askSince(since));

  const outlet = await openOutlet(kit, cursors, () => askForCandles(now() - LOOK_BACK_MS));
  const { batcher, sender } = outlet;
  const continuity = new Continuity(market.facts.promises.tradeBreaks);
  continuity.begin(symbols, cursors);
  const gaps = new GapWatch(continuity, (gap) => void patiently(() => sender.tell(gap)));
  releasers.push('gaps', () => gaps.close());
  const intake = startIntake(kit, { batcher, continuity, gaps, onShed: askForCandles });
  const subscriptions = subscriptionsOf(market.facts, symbols, intervals);
  const feed = createFeed(kit, market, subscriptions, { intake, gaps, listing, askForCandles });
  listing.guard(feed);
  releasers.push('book snapshots', intake.keepBooks(feed, symbols, config.BOOK_SNAPSHOT_MS));
  const heartbeat = startHeartbeat(
    redis,
    namespace,
    { kind: 'producer', name: producerName(entry.name), metrics: metrics.registry },
    () => {
      measureWaits(metrics);
      return { feeds: [statusOf(feed, entry, listing)], spooledBytes: outlet.spooledBytes };
    },
  );
  releasers.push('heartbeat', () => heartbeat.stop());
  await patiently(() => history.askAtStart());
  feed.start();
  releasers.push('feed', () => feed.close());
  const { label } = market.facts;
  log.info({ venue: label, symbols: listing.followed, intervals }, 'producer is ready');
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

/** What becomes of a symbol that the venue does not list: said where people look, and counted. */
function watchListing({ name, entry, symbols, config, log, metrics }: Kit, facts: VenueFacts): ListingWatch {
  if (symbols.length === 0)
    log.warn(`SYMBOLS has nothing for ${entry.name}: it takes ${describeKinds(entry.takes)}`);
  return new ListingWatch({
    ...{ facts, symbols, log, everyMs: config.LISTING_CHECK_SECONDS * 1_000 },
    onChange: (symbol, missing) => {
      const news = missing ?? `${facts.label} lists ${symbol} again`;
      log[missing ? 'warn' : 'info']({ symbol }, news);
      tellSupervisor(news);
      metrics.unlisted.set({ venue: name, symbol }, missing ? 1 : 0);
    },
  });
}

/** The venue's feed, not started yet; `askForCandles` is told what an interruption may have cost. */
function createFeed(
  { name, entry, log, releasers, queues, metrics }: Kit,
  { facts, createFeed }: LiveMarket,
  subscriptions: Subscription[],
  {
    intake,
    gaps,
    listing,
    askForCandles,
  }: {
    intake: Intake;
    gaps: GapWatch;
    listing: ListingWatch;
    askForCandles: (since: number) => void;
  },
): RunningFeed {
  const badFrames = new BadFrames({ venue: name, queues, metrics, log });
  releasers.push('bad frames', () => badFrames.close());
  const news = new FeedNews(entry.name);
  const interruption = new Interruption(facts.limits.silenceMs);
  const feed: RunningFeed = createFeed(subscriptions, {
    onEvents: (events) => intake.take(events, feed),
    onInterrupted: (symbols, reason) => gaps.lost(symbols, 'disconnect', reason),
    onResumed: (symbols) => gaps.heard(symbols),
    onBadFrame: (bad) => badFrames.add(bad),
    onBook: () => intake.showBooks(feed),
    onRefused: () => listing.refused(),
    onFact: (fact) => countFact(fact, { metrics, venue: name }),
    onStatus: ({ state, reason }) => {
      log[state === 'down' ? 'warn' : 'info']({ state, reason }, 'feed');
      news.take(state, reason);
      intake.showBooks(feed);
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
