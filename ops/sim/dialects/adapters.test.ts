import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { WebSocket } from 'ws';
import { sleep } from '../../../shared/clock.ts';
import type { Candle, MarketEvent, Trade } from '../../../shared/domain/market.ts';
import { Feed } from '../../../shared/exchanges/feed/feed.ts';
import { fetchCandles } from '../../../shared/exchanges/history.ts';
import { fetchListing } from '../../../shared/exchanges/listing.ts';
import { callRest } from '../../../shared/exchanges/rest.ts';
import type { Subscription, Venue } from '../../../shared/exchanges/venue.ts';
import { findLiveVenue } from '../../../shared/exchanges/venues.ts';
import { createLog } from '../../../shared/log.ts';
import { plain } from '../listing.ts';
import type { Market } from '../market.ts';
import { type RunningSim, runSim } from '../run.ts';
import { levels } from '../words.ts';

/** The venues' own adapters over the one feed loop, at the simulated exchange in the venues' own words. */
let folder: string;
let sim: RunningSim;
let feed: Feed | undefined;

// Our quota of Bitfinex's REST calls may make a test wait for the minute to pass.
jest.setTimeout(90_000);

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-dialects-'));
  sim = await runSim({
    ...{ host: '127.0.0.1', port: 0, seed: 4, eventsPerSecond: 2_000, folder },
    symbols: ['BTC/USDT', 'BTC/USDT:USDT', 'BTC/USDC:USDC', 'BTC/USD:BTC'],
    log: createLog('test', 'fatal'),
  });
});
afterEach(() => feed?.close());
afterAll(async () => {
  await sim.close();
  rmSync(folder, { recursive: true });
});

const at = (name: string, market: string) =>
  findLiveVenue(name, market, { simUrl: sim.url, rehearsal: true });
const marketOf = (symbol: string) => sim.venue.markets.get(symbol.replace('/', '')) as Market;

/** Feeds every channel of a symbol until something is true of what came. */
async function listen(
  venue: Venue,
  symbol: string,
  isEnough: (events: MarketEvent[], feed: Feed) => boolean,
) {
  const subscriptions: Subscription[] = venue.channels.map((channel) =>
    channel === 'candles' ? { channel, symbol, interval: '1m' } : { channel, symbol },
  );
  const events: MarketEvent[] = [];
  const bad: string[] = [];
  await new Promise<void>((resolve) => {
    feed = new Feed({
      venue,
      subscriptions,
      onBadFrame: ({ reason }) => bad.push(reason),
      onEvents: (list) => {
        events.push(...list);
        if (isEnough(events, feed as Feed)) resolve();
      },
    });
    feed.start();
  });
  expect(bad).toEqual([]);
  return events;
}

/** The feed holds the best 25 levels of the engine's book, and knows that it is right. */
function isTheBook({ listing, book }: Market, symbol: string): boolean {
  const of = (side: 'buy' | 'sell') =>
    levels(listing, book.levels(side, 25)).map((level) => level.map(Number));
  const held = feed?.book(symbol);
  const { bids = [], asks = [] } = held?.top(25) ?? {};
  const sides = [bids, asks].map((side) => side.map((level) => level.map(Number)));
  return held?.state === 'live' && JSON.stringify(sides) === JSON.stringify([of('buy'), of('sell')]);
}

const control = (orders: object) =>
  fetch(`${sim.url}/sim/control`, { method: 'POST', body: JSON.stringify(orders) });

/** The engine pauses until the feed has come up with it; a break shows with the first change after a pause. */
async function untilTheBook(symbol: string): Promise<void> {
  for (let right = false; !right; await sleep(500)) {
    await control({ burst: { factor: 0, ms: 1_000 } });
    const pausedAt = Date.now();
    await until(() => {
      right = isTheBook(marketOf(symbol), symbol);
      return right || Date.now() - pausedAt > 1_000;
    });
  }
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(20);
}

const CASES = [
  ['bitfinex', 'spot', 'BTC/USDT'],
  ['kucoin', 'spot', 'BTC/USDT'],
  ['gate', 'spot', 'BTC/USDT'],
  ['bitget', 'spot', 'BTC/USDT'],
  ['bitget', 'futures', 'BTC/USDT:USDT'],
  ['bitget', 'futures', 'BTC/USDC:USDC'],
  ['bitget', 'futures', 'BTC/USD:BTC'],
] as const;

test.each(['bitfinex', 'kucoin'])('%s lists what it serves, as ccxt reads it', async (name) => {
  expect([...(await fetchListing(at(name, 'spot')))]).toEqual(['BTC/USDT']);
});

describe.each(CASES)('%s %s: %s', (name, market, symbol) => {
  test('every channel speaks, the trades are those of the engine, and the book is its book', async () => {
    const venue = at(name, market);
    const engine = marketOf(symbol);
    const { listing } = engine;
    const types = new Set(venue.channels.map((channel) => TYPES[channel]));
    const events = await listen(venue, symbol, (list) => {
      const trades = list.filter(({ type }) => type === 'trade').length;
      const hasAll = [...types].every((type) => list.some((event) => event.type === type));
      return trades >= 100 && hasAll;
    });
    await untilTheBook(symbol);
    expect(feed?.book(symbol)?.counters).toMatchObject({ gaps: 0, resyncs: 0 });

    const trades = events.filter((event): event is Trade => event.type === 'trade');
    const first = engine.tape.idAt(trades[0]?.ts as number);
    const told = trades.map(({ price, size, side, ts }) => [Number(price), Number(size), side, ts]);
    const truth = engine.tape.from(first, trades.length).map(({ ts, ticks, lots, buyerIsMaker }) => {
      const price = Number(plain(ticks, listing.priceDecimals));
      return [price, Number(plain(lots, listing.sizeDecimals)), buyerIsMaker ? 'sell' : 'buy', ts];
    });
    // Two trades may be alike, a row of them is not.
    const row = (list: unknown[], at: number) => JSON.stringify(list.slice(at, at + 8));
    const start = truth.findIndex((_, index) => row(truth, index) === row(told, 0));
    expect(told.slice(0, told.length - start)).toEqual(truth.slice(start));
  });

  test('REST tells the same trades, with the ids and times of the stream, and the candles of the engine', async () => {
    const venue = at(name, market);
    const events = await listen(
      venue,
      symbol,
      (list) => list.filter(({ type }) => type === 'trade').length > 80,
    );
    const heard = () => events.filter((event): event is Trade => event.type === 'trade');
    const [first] = heard() as [Trade];
    const query = { symbol, fromId: first.id, fromTs: first.ts };
    const { trades } = venue.history;
    const answered = trades.read(await callRest(venue, trades.call(query)), query, Date.now());
    const since = answered.filter(({ id }) => BigInt(id) >= BigInt(first.id));
    expect(since.length).toBeGreaterThan(50);
    await until(() => since.every(({ id }) => heard().some((trade) => trade.id === id)));
    const byId = new Map(heard().map((trade) => [trade.id, trade]));
    for (const { receivedAt: _, ...trade } of since) expect(byId.get(trade.id)).toMatchObject(trade);

    const to = Math.floor(Date.now() / 60_000) * 60_000;
    const candles: Candle[] = [];
    const span = { symbol, interval: '1m', from: to - 10 * 60_000, to } as const;
    for await (const page of fetchCandles({ venue, ...span })) candles.push(...page);
    const { listing, candles: bars } = marketOf(symbol);
    expect(candles.map(({ ts, close, volume }) => [ts, Number(close), Number(volume)])).toEqual(
      bars
        .bars(60_000, span.from, to - 1, 100)
        .map((bar) => [
          bar.ts,
          Number(plain(bar.close, listing.priceDecimals)),
          Number(plain(bar.lots, listing.sizeDecimals)),
        ]),
    );
  });
});

/** Venues that prove their books, and what is done to them. */
const MISCHIEF = [
  ['bitfinex', 'spot', 'BTC/USDT', { corruptEvery: 5 }, 'checksum'],
  ['bitfinex', 'spot', 'BTC/USDT', { dropDepthEvery: 40 }, 'gap'],
  ['kucoin', 'spot', 'BTC/USDT', { dropDepthEvery: 9 }, 'gap'],
  ['gate', 'spot', 'BTC/USDT', { dropDepthEvery: 9 }, 'gap'],
  ['bitget', 'spot', 'BTC/USDT', { dropDepthEvery: 9 }, 'gap'],
  ['bitget', 'futures', 'BTC/USDT:USDT', { dropDepthEvery: 9 }, 'gap'],
  ['bitget', 'futures', 'BTC/USD:BTC', { dropDepthEvery: 9 }, 'gap'],
] as const;

test.each(MISCHIEF)(
  '%s %s: %s finds what %j does to its book, and is right again',
  async (name, market, symbol, fault, shows) => {
    const hasBroken = () => {
      const { gaps = 0, checksums = { bad: 0 } } = feed?.book(symbol)?.counters ?? {};
      return (shows === 'gap' ? gaps : checksums.bad) > 0;
    };
    await listen(at(name, market), symbol, (_, running) => running.book(symbol)?.state === 'live');
    expect(hasBroken()).toBe(false);
    await control({ venue: name, ...fault });
    await until(hasBroken);
    await control({ venue: name, ...Object.fromEntries(Object.keys(fault).map((key) => [key, 0])) });
    await untilTheBook(symbol);
  },
);

const TYPES = {
  trades: 'trade',
  book: 'book',
  quotes: 'quote',
  candles: 'candle',
  funding: 'funding',
  mark: 'mark',
} as const;

test('what a venue does not have is refused in its words, or acknowledged and never served', async () => {
  /** The first frame behind the greeting, where the venue has one. */
  const say = async (path: string, message: object, { greets = false } = {}) => {
    const socket = new WebSocket(`${sim.url.replace('http', 'ws')}${path}`);
    const frames: unknown[] = [];
    socket.on('message', (data) => frames.push(JSON.parse(String(data))));
    await once(socket, 'open');
    socket.send(JSON.stringify(message));
    await until(() => frames.length > Number(greets));
    socket.close();
    return frames[Number(greets)];
  };
  const bitfinex = { event: 'subscribe', channel: 'trades', symbol: 'tNOSUCH' };
  expect(await say('/bitfinex/spot/ws/2', bitfinex, { greets: true })).toEqual({
    ...{ event: 'error', msg: 'symbol: invalid', code: 10300, channel: 'trades', symbol: 'tNOSUCH' },
  });
  const kucoin = (depth: string) => ({
    ...{ id: 'x', action: 'subscribe', channel: 'obu', tradeType: 'SPOT', symbol: 'NO-SUCH', depth },
  });
  expect(await say('/kucoin/spot/', kucoin('20'), { greets: true })).toMatchObject({
    id: 'x',
    result: false,
  });
  expect(await say('/kucoin/spot/', kucoin('1'), { greets: true })).toEqual({ id: 'x', result: true });
  const gate = { channel: 'spot.trades', event: 'subscribe', payload: ['NO_SUCH'] };
  expect(await say('/gate/spot/ws/v4/', gate)).toMatchObject({
    error: { code: 2, message: 'unknown currency pair: NO_SUCH' },
  });
  const unserved = { channel: 'spot.obu', event: 'subscribe', payload: ['ob.NO_SUCH.400'] };
  expect(await say('/gate/spot/ws/v4/', unserved)).toMatchObject({ result: { status: 'success' } });
  const bitget = (instType: string, instId: string) => ({
    op: 'subscribe',
    args: [{ instType, channel: 'books', instId }],
  });
  const path = '/bitget/futures/v2/ws/public';
  expect(await say(path, bitget('USDT-FUTURES', 'NOPEUSDT'))).toMatchObject({ event: 'error', code: 30001 });
  expect(await say(path, bitget('USDC-FUTURES', 'BTCUSDT'))).toMatchObject({ event: 'subscribe' });
});
