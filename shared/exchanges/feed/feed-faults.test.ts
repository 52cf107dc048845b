import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import type { WebSocket } from 'ws';
import type { BookUpdate, MarketEvent } from '../../domain/market.ts';
import { createBinance } from '../binance/binance.ts';
import { createBitfinex } from '../bitfinex/bitfinex.ts';
import { createKraken } from '../kraken/kraken.ts';
import { restQuota } from '../quota.ts';
import { Loopback, until } from '../testing/loopback.ts';
import type { Subscription, Venue } from '../venue.ts';
import { Feed, type FeedFact, type FeedOptions } from './feed.ts';

let exchange: Loopback;
let url: string;
let feed: Feed;
let rest: Server | undefined;
let facts: FeedFact[];
let events: MarketEvent[];
/** What a socket hears whenever it asks for something. */
let onRequest: (socket: WebSocket) => void;

beforeEach(async () => {
  [facts, events, onRequest, rest] = [[], [], () => {}, undefined];
  exchange = new Loopback();
  url = await exchange.open((socket) => onRequest(socket));
});
afterEach(async () => {
  jest.restoreAllMocks();
  await feed.close();
  await exchange.close();
  rest?.closeAllConnections();
  rest?.close();
});

const depth = (first: number, last: number, symbol = 'BTCUSDT', bid = '60000') =>
  `{"e":"depthUpdate","E":1723161255308,"s":"${symbol}","U":${first},"u":${last},"b":[["${bid}","${last}"]],"a":[]}`;
const trade = (id: number) =>
  `{"e":"trade","E":1723161255343,"s":"BTCUSDT","t":${id},"p":"60000.1","q":"0.02","T":1723161255342,"m":true,"M":true}`;
const wholeBook = (symbol: string, last: number): BookUpdate => ({
  ...{ type: 'book', kind: 'snapshot', venue: 'binance', symbol, ts: 1, receivedAt: 1, last },
  ...{ bids: [['59999', '1']], asks: [['60001', '1']] },
});

function start(options: Partial<FeedOptions> & { limits?: Partial<Venue['limits']> } = {}) {
  const { limits, ...more } = options;
  const binance = createBinance();
  feed = new Feed({
    venue: { ...binance, streamUrl: url, limits: { ...binance.limits, reconnectFloorMs: 10, ...limits } },
    subscriptions: [
      { channel: 'trades', symbol: 'BTC/USDT' },
      { channel: 'book', symbol: 'BTC/USDT' },
    ],
    onEvents: (list) => events.push(...list),
    onFact: (fact) => facts.push(fact),
    fetchBook: async (symbol) => wholeBook(symbol, 10),
    ...more,
  });
  feed.start();
}

const state = () => feed.book('BTC/USDT')?.state;

async function startLive(options: Parameters<typeof start>[0] = {}) {
  start(options);
  await until(() => exchange.requests.length === 1, 'it subscribed');
  exchange.say(depth(9, 11));
  await until(() => state() === 'live', 'the book is live');
}

test('a process that stood still trusts no book until it is fetched anew, and keeps its connection', async () => {
  let asked = 0;
  let answer = (_update: BookUpdate) => {};
  await startLive({
    fetchBook: (symbol) =>
      asked++ === 0
        ? Promise.resolve(wholeBook(symbol, 10))
        : new Promise((resolve) => {
            answer = resolve;
          }),
  });
  const clock = performance.now.bind(performance);
  jest.spyOn(performance, 'now').mockImplementation(() => clock() + 30_000);
  expect(state()).toBe('stale');
  exchange.say(trade(1), depth(12, 12));
  await until(() => events.some((event) => event.type === 'trade'), 'what was waiting came');
  await until(() => asked === 2, 'it asked for the book');
  expect(state()).toBe('stale');
  answer(wholeBook('BTC/USDT', 12));
  await until(() => state() === 'live', 'the fresh book came');
  expect(facts).toEqual([{ type: 'broken book', symbol: 'BTC/USDT', cause: 'pause' }]);
  expect(exchange.sockets).toHaveLength(1);
});

test.each([-3_600_000, 3_600_000])(
  'a step of the wall clock by %d ms neither spoils a book nor hides a stall',
  async (stepMs) => {
    await startLive({ limits: { silenceMs: 400 } });
    const clock = Date.now.bind(Date);
    jest.spyOn(Date, 'now').mockImplementation(() => clock() + stepMs);
    exchange.say(depth(12, 12), trade(1));
    await until(() => feed.book('BTC/USDT')?.id === 12, 'it goes on');
    expect([state(), facts]).toEqual(['live', []]);
    await until(() => facts.length > 0, 'the stall was found');
    expect(facts[0]).toEqual({ type: 'cut', reason: 'silent for more than 400 ms' });
    expect(state()).toBe('stale');
  },
);

test('a stall is found no more than a second later than the silence allows, and resubscribed', async () => {
  await startLive({ limits: { silenceMs: 1_000 } });
  const from = performance.now();
  await until(() => facts.length > 0, 'the stall was found');
  expect(performance.now() - from).toBeLessThan(2_000);
  await until(() => exchange.requests.length === 2, 'it subscribed anew');
});

test('a book whose best bid is above its best ask is stale at once and fetched anew', async () => {
  let last = 10;
  await startLive({ fetchBook: async (symbol) => wholeBook(symbol, last) });
  last = 12;
  exchange.say(depth(12, 12, 'BTCUSDT', '60002'));
  await until(() => facts.length > 0, 'it was seen');
  expect(facts).toEqual([{ type: 'broken book', symbol: 'BTC/USDT', cause: 'crossed' }]);
  expect(state()).toBe('stale');
  exchange.say(depth(13, 13));
  await until(() => state() === 'live', 'a whole book mended it');
  expect(feed.book('BTC/USDT')?.isCrossed).toBe(false);
});

test('a level that was spoilt on its way is found by the audit and mended', async () => {
  const asks: [string, string][] = [['60001', '1']];
  let whole = wholeBook('BTC/USDT', 10);
  await startLive({
    auditEveryMs: 200,
    fetchBook: async () => whole,
    fetchBookTop: async () => ({
      bids: [
        ['60000', '11'],
        ['59999', '1'],
      ],
      asks,
    }),
  });
  await until(() => feed.status.audits > 0, 'it was compared');
  expect(feed.status).toMatchObject({ failedAudits: 0, brokenBooks: 0 });
  whole = {
    ...wholeBook('BTC/USDT', 12),
    bids: [
      ['60000', '11'],
      ['59999', '1'],
    ],
  };
  exchange.say(depth(12, 12).replace('"12"', '"77"'));
  await until(() => feed.status.failedAudits === 1, 'it was found');
  await until(() => state() === 'live', 'it was mended');
  expect(feed.book('BTC/USDT')?.top(1).bids).toEqual([['60000', '11']]);
  expect(feed.status.brokenBooks).toBe(1);
});

test('a whole-venue cut with 100 symbols: all live within a minute, no REST call refused, within nine tenths', async () => {
  const symbols = Array.from({ length: 100 }, (_, n) => `A${n}/USDT`);
  let weight = 0;
  let refused = 0;
  rest = createServer((request, response) => {
    const limit = Number(new URL(request.url ?? '', 'http://x').searchParams.get('limit'));
    weight += { 5000: 250, 1000: 50, 500: 25, 100: 5 }[limit] ?? 0;
    if (weight > 6_000) refused++;
    response.writeHead(weight > 6_000 ? 429 : 200, {
      'content-type': 'application/json',
      'x-mbx-used-weight-1m': weight,
    });
    response.end('{"lastUpdateId":10,"bids":[["59999","1"]],"asks":[["60001","1"]]}');
  });
  await new Promise<void>((resolve) => rest?.listen(0, '127.0.0.1', resolve));
  const restOrigin = `http://127.0.0.1:${(rest.address() as AddressInfo).port}`;
  const binance = createBinance();
  const venue: Venue = {
    ...binance,
    streamUrl: url,
    limits: { ...binance.limits, subscriptionsPerConnection: 20 },
    history: { ...binance.history, restOrigin },
  };
  onRequest = (socket) => {
    const wanted = exchange.requests.at(-1)?.params.map((name) => name.split('@')[0]?.toUpperCase());
    for (const symbol of wanted ?? []) socket.send(depth(9, 11, symbol));
  };
  feed = new Feed({
    venue,
    subscriptions: symbols.map((symbol): Subscription => ({ channel: 'book', symbol })),
    onEvents: () => {},
    onFact: (fact) => facts.push(fact),
  });
  feed.start();
  const areLive = () => symbols.every((symbol) => feed.book(symbol)?.state === 'live');
  await until(areLive, 'all are live', 25_000);
  for (let cut = 1; cut <= 3; cut++) {
    for (const socket of exchange.standing) socket.terminate();
    await until(() => facts.length === 5 * cut, 'every cut was seen');
    await until(areLive, 'all are live again', 25_000);
  }
  expect(refused).toBe(0);
  expect(weight).toBeLessThanOrEqual(5_400);
  expect(restQuota(venue).shutMs).toBe(0);
}, 60_000);

test('a consumer that is slower than the venue gets every trade, and the venue waits', async () => {
  const trades = 5_000;
  start({
    onEvents: (list) => {
      events.push(...list);
      const until = performance.now() + 0.1;
      while (performance.now() < until);
    },
  });
  await until(() => exchange.requests.length === 1, 'it subscribed');
  for (let id = 1; id <= trades; id++) exchange.say(trade(id));
  await until(() => events.length === trades, 'all came', 25_000);
  expect(events.map((event) => event.type === 'trade' && Number(event.id))).toEqual(
    Array.from({ length: trades }, (_, n) => n + 1),
  );
  expect(facts).toEqual([]);
}, 30_000);

test('trades that a lost frame held may be missing before what comes behind it, not only after the cut', async () => {
  const told: string[] = [];
  start({
    venue: { ...createBitfinex(), streamUrl: url },
    subscriptions: [{ channel: 'trades', symbol: 'BTC/USD' }],
    onEvents: (list) => told.push(...list.map((event) => (event.type === 'trade' ? event.id : event.type))),
    onInterrupted: (symbols, reason) => told.push(`${[...symbols]}: ${reason}`),
  });
  await until(() => exchange.requests.length === 2, 'it subscribed');
  const at = Date.now();
  const traded = (id: number, number: number) => `[9,"te",[${id},${at},1,60000],${number},${at}]`;
  exchange.say(
    '{"event":"subscribed","channel":"trades","chanId":9,"symbol":"tBTCUSD","pair":"BTCUSD"}',
    traded(501, 1),
    traded(503, 3),
  );
  await until(() => told.length >= 3, 'the break was told');
  expect(told.slice(0, 3)).toEqual(['501', 'BTC/USD: frames of this connection were lost', '503']);
});

test('a first whole book that never came is asked for, and the book is live', async () => {
  jest.spyOn(Math, 'random').mockReturnValue(0);
  const [symbol, kraken] = ['BTC/USD', createKraken()];
  start({
    venue: { ...kraken, streamUrl: url, limits: { ...kraken.limits, silenceMs: 60_000 } },
    subscriptions: [{ channel: 'book', symbol }],
  });
  await until(() => exchange.requests.length === 1, 'it subscribed');
  const book = (type: string) =>
    `{"channel":"book","type":"${type}","data":[{"symbol":"BTC/USD","bids":[{"price":1.0,"qty":1.0}],"asks":[]}]}`;
  exchange.say(book('update'));
  await until(() => exchange.requests.length === 3, 'it asked anew');
  expect(exchange.requests.slice(1)).toMatchObject([{ method: 'unsubscribe' }, { method: 'subscribe' }]);
  exchange.say(book('snapshot'));
  await until(() => feed.book(symbol)?.state === 'live', 'the whole book came');
});

test('a symbol that was given up is no news any more, whatever its connection goes through', async () => {
  const told: string[] = [];
  start({
    subscriptions: [
      { channel: 'trades', symbol: 'BTC/USDT' },
      { channel: 'trades', symbol: 'OLD/USDT' },
    ],
    onInterrupted: (symbols) => told.push(`lost ${[...symbols]}`),
    onResumed: (symbols) => told.push(`heard ${[...symbols]}`),
  });
  feed.leave('OLD/USDT');
  await until(() => exchange.requests.length === 1, 'it subscribed');
  exchange.say(trade(1));
  await until(() => told.length === 2, 'the other is heard');
  exchange.sockets[0]?.terminate();
  await until(() => exchange.requests.length === 2, 'it came back');
  exchange.say(trade(2));
  await until(() => told.length === 4, 'the other is heard again');
  expect(told).toEqual(['lost OLD/USDT', 'heard BTC/USDT', 'lost BTC/USDT', 'heard BTC/USDT']);
});
