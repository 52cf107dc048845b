import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { WebSocket } from 'ws';
import { sleep } from '../../../shared/clock.ts';
import type { Candle, MarketEvent, Trade } from '../../../shared/domain/market.ts';
import { Feed } from '../../../shared/exchanges/feed.ts';
import { fetchCandles } from '../../../shared/exchanges/history.ts';
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

describe.each(CASES)('%s %s: %s', (name, market, symbol) => {
  test('every channel speaks, the trades are those of the engine, and the book is its book', async () => {
    const venue = at(name, market);
    const engine = marketOf(symbol);
    const { listing } = engine;
    const isTheBook = () => {
      const book = feed?.book(symbol);
      const of = (side: 'buy' | 'sell') =>
        levels(listing, engine.book.levels(side, 25)).map((level) => level.map(Number));
      const { bids = [], asks = [] } = book?.top(25) ?? {};
      const held = [bids, asks].map((side) => side.map((level) => level.map(Number)));
      return book?.state === 'live' && JSON.stringify(held) === JSON.stringify([of('buy'), of('sell')]);
    };
    const types = new Set(venue.channels.map((channel) => TYPES[channel]));
    const events = await listen(venue, symbol, (list) => {
      const trades = list.filter(({ type }) => type === 'trade').length;
      const hasAll = [...types].every((type) => list.some((event) => event.type === type));
      return trades >= 100 && hasAll && isTheBook();
    });
    expect(feed?.book(symbol)?.counters).toMatchObject({ gaps: 0, resyncs: 0 });

    const trades = events.filter((event): event is Trade => event.type === 'trade');
    const first = engine.tape.idAt(trades[0]?.ts as number);
    const told = trades.map(({ price, size, side, ts }) => [Number(price), Number(size), side, ts]);
    const truth = engine.tape.from(first, trades.length).map(({ ts, ticks, lots, buyerIsMaker }) => {
      const price = Number(plain(ticks, listing.priceDecimals));
      return [price, Number(plain(lots, listing.sizeDecimals)), buyerIsMaker ? 'sell' : 'buy', ts];
    });
    const start = truth.findIndex((row) => JSON.stringify(row) === JSON.stringify(told[0]));
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

const TYPES = {
  trades: 'trade',
  book: 'book',
  quotes: 'quote',
  candles: 'candle',
  funding: 'funding',
  mark: 'mark',
} as const;

test('what a venue does not have is refused in its words, or acknowledged and never served', async () => {
  const say = async (path: string, message: object) => {
    const socket = new WebSocket(`${sim.url.replace('http', 'ws')}${path}`);
    await once(socket, 'open');
    socket.send(JSON.stringify(message));
    const [answer] = await once(socket, 'message');
    socket.close();
    return JSON.parse(String(answer)) as unknown;
  };
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
