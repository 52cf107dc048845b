import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { WebSocket } from 'ws';
import type { BookUpdate, MarketEvent } from '../../domain/market.ts';
import { createBinance } from '../binance/binance.ts';
import { Book } from '../book.ts';
import { Loopback, until } from '../testing/loopback.ts';
import type { Venue } from '../venue.ts';
import { Feed, type FeedFact, type FeedOptions, type FeedState, type RawFrame } from './feed.ts';

const SYMBOL = 'BTC/USDT';

/** A market that moves every few ms and tells every socket in its own time, as Binance would. */
class Market {
  readonly #exchange: Loopback;
  readonly #book = new Map<string, string>();
  readonly #timer = setInterval(() => this.#move(), 2);
  /** Past the start there are ids that only the first socket can have seen. */
  lastTrade = 100;
  lastUpdate = 1_000;

  constructor(exchange: Loopback) {
    this.#exchange = exchange;
  }

  get whole(): BookUpdate {
    const levels = [...this.#book].map(([price, size]): [string, string] => [price, size]);
    return {
      ...{ type: 'book', kind: 'snapshot', venue: 'binance', symbol: SYMBOL, ts: 1, receivedAt: 1 },
      ...{ last: this.lastUpdate, bids: levels, asks: [['70000', '1']] },
    };
  }

  /** Nothing moves from here on. */
  stop(): void {
    clearInterval(this.#timer);
  }

  #move() {
    const at = Date.now();
    const id = ++this.lastTrade;
    const update = ++this.lastUpdate;
    const price = String(60_000 + (update % 40));
    this.#book.set(price, String(update));
    this.#tell(
      `{"e":"trade","E":${at},"s":"BTCUSDT","t":${id},"p":"60000.1","q":"0.02","T":${at},"m":true,"M":true}`,
      `{"e":"depthUpdate","E":${at},"s":"BTCUSDT","U":${update},"u":${update},"b":[["${price}","${update}"]],"a":[]}`,
    );
  }

  /** The later a socket came, the later it hears; each in order. */
  #tell(...frames: string[]) {
    for (const [place, socket] of this.#exchange.sockets.entries()) {
      if (!subscribers.has(socket)) continue;
      setTimeout(() => frames.map((frame) => socket.send(frame)), 10 * (place % 3));
    }
  }
}

const subscribers = new Set<WebSocket>();
let exchange: Loopback;
let market: Market;
let feed: Feed;
let events: MarketEvent[];
let states: FeedState[];
let facts: FeedFact[];
let frames: RawFrame[];
/** How often the book was asked for and was not live, once it had been. */
let notLive: number;

beforeEach(() => {
  [events, states, facts, frames, notLive] = [[], [], [], [], 0];
  subscribers.clear();
});
afterEach(async () => {
  market.stop();
  await feed.close();
  await exchange.close();
});

async function start(limits: Partial<Venue['limits']> = {}, options: Partial<FeedOptions> = {}) {
  exchange = new Loopback();
  const streamUrl = await exchange.open((socket) => {
    socket.send('{"result":null,"id":1}');
    subscribers.add(socket);
  });
  market = new Market(exchange);
  const binance = createBinance();
  let wasLive = false;
  feed = new Feed({
    venue: { ...binance, streamUrl, limits: { ...binance.limits, reconnectFloorMs: 10, ...limits } },
    subscriptions: [
      { channel: 'trades', symbol: SYMBOL },
      { channel: 'book', symbol: SYMBOL },
    ],
    fetchBook: async () => market.whole,
    onEvents: (list) => {
      events.push(...list);
      const isLive = feed.book(SYMBOL)?.state === 'live';
      wasLive ||= isLive;
      if (wasLive && !isLive) notLive++;
    },
    onStatus: ({ state }) => states.push(state),
    onFact: (fact) => facts.push(fact),
    onFrame: (frame) => frames.push(frame),
    ...options,
  });
  feed.start();
  await until(() => feed.book(SYMBOL)?.state === 'live', 'the book is live');
}

const handedOver = (times = 1) => until(() => feed.status.handovers === times, 'another took over');
const announce = () => exchange.sockets.at(-1)?.send('{"e":"serverShutdown","E":1770123456789}');
const ids = () => events.flatMap((event) => (event.type === 'trade' ? [Number(event.id)] : []));
/** Where trades do not follow each other by one. */
const breaks = (list: number[]) =>
  list.slice(1).flatMap((id, n) => (id === (list[n] as number) + 1 ? [] : [`${list[n]} → ${id}`]));

/** Lets what is on its way arrive; then nothing may be missing, twice or wrong. */
async function expectWhole() {
  market.stop();
  await until(() => ids().at(-1) === market.lastTrade, 'the last trade came');
  await until(() => feed.book(SYMBOL)?.id === market.lastUpdate, 'the last update came');
  expect(breaks(ids())).toEqual([]);
  const expected = market.whole.bids.toSorted((a, b) => Number(b[0]) - Number(a[0]));
  expect(feed.book(SYMBOL)?.top(100).bids).toEqual(expected);
  const rebuilt = new Book(createBinance().book);
  for (const event of events) if (event.type === 'book') rebuilt.apply(event);
  expect(rebuilt.top(100)).toEqual(feed.book(SYMBOL)?.top(100));
}

describe('a planned reconnect', () => {
  test('before the life limit loses no trade, tells none twice, and its book is live throughout', async () => {
    await start({ lifeMs: 300 });
    await handedOver(2);
    await expectWhole();
    expect(notLive).toBe(0);
    expect(states).toEqual(['live']);
    expect(feed.status).toMatchObject({ reconnects: 0, state: 'live', brokenBooks: 0 });
    expect(facts[0]).toEqual({ type: 'handover', reason: 'planned, before the life limit' });
    expect(exchange.standing.length).toBeLessThanOrEqual(2);
    expect([...new Set(frames.map(({ session }) => session))].slice(0, 3)).toEqual([1, 2, 3]);
  });

  test('that the venue announced is over before the venue cuts', async () => {
    await start();
    announce();
    announce();
    await handedOver();
    exchange.sockets[0]?.terminate();
    await expectWhole();
    expect([notLive, feed.status.reconnects, exchange.sockets.length]).toEqual([0, 0, 2]);
  });

  test('whose first socket is cut too early goes on with the second at once', async () => {
    await start();
    announce();
    await until(() => frames.some(({ session }) => session === 2), 'the second socket speaks');
    exchange.sockets[0]?.terminate();
    await until(() => feed.status.reconnects === 1, 'the cut was seen');
    await until(() => feed.book(SYMBOL)?.state === 'live', 'its book is live');
    expect(exchange.sockets).toHaveLength(2);
    const seen = ids();
    expect(seen).toEqual([...new Set(seen)].toSorted((a, b) => a - b));
    expect(states).toEqual(['live', 'down', 'live']);
  });

  test('that is refused is tried again while the first goes on', async () => {
    await start();
    exchange.refuseNext('HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\n\r\n');
    announce();
    await handedOver();
    await expectWhole();
    expect([notLive, feed.status.reconnects]).toEqual([0, 0]);
  });

  test('is given up where nothing is ever heard on the second socket', async () => {
    await start();
    announce();
    await until(() => exchange.sockets.length === 2, 'the second socket stands');
    exchange.sockets[1]?.terminate();
    await handedOver();
    await expectWhole();
    expect(exchange.sockets).toHaveLength(3);
  });
});

describe('an unplanned cut', () => {
  test('is followed by the next attempt at once, whatever the least wait; no trade is told twice', async () => {
    await start({ reconnectFloorMs: 60_000 });
    await until(() => ids().length > 100, 'it has run for a while');
    const from = performance.now();
    exchange.sockets[0]?.terminate();
    await until(() => feed.status.state === 'down', 'the cut was seen');
    await until(() => feed.book(SYMBOL)?.state === 'live', 'the book is live again');
    expect(performance.now() - from).toBeLessThan(3_000);
    const seen = ids();
    expect(seen).toEqual([...new Set(seen)].toSorted((a, b) => a - b));
    expect(facts).toContainEqual({ type: 'cut', reason: 'the venue closed (1006)' });
  });

  test('after many others waits for as long as the venue wants', async () => {
    await start({ reconnectFloorMs: 700 });
    const cut = async () => {
      const count = exchange.sockets.length;
      const from = performance.now();
      exchange.sockets.at(-1)?.terminate();
      await until(() => exchange.sockets.length === count + 1, 'it came back');
      return performance.now() - from;
    };
    const from = performance.now();
    while (performance.now() - from < 900) await cut();
    expect(await cut()).toBeGreaterThanOrEqual(690);
  });

  test('after as many attempts as the venue allows stands in line', async () => {
    const from = performance.now();
    await start({ connects: { count: 2, perMs: 900 } });
    exchange.sockets[0]?.terminate();
    await until(() => exchange.sockets.length === 2, 'it came back');
    expect(performance.now() - from).toBeGreaterThanOrEqual(890);
  });
});
