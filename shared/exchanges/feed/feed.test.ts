import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { BookUpdate, MarketEvent, Trade } from '../../domain/market.ts';
import { RetryError } from '../../errors.ts';
import { createBinance } from '../binance/binance.ts';
import { createBinanceFutures } from '../binance/binance-futures.ts';
import { createBitfinex } from '../bitfinex/bitfinex.ts';
import { createKraken } from '../kraken/kraken.ts';
import { Loopback, until } from '../testing/loopback.ts';
import type { Subscription, Venue } from '../venue.ts';
import { type BadFrame, Feed, type FeedOptions, type FeedStatus } from './feed.ts';

const trade = (id: number, symbol = 'BTCUSDT') =>
  `{"e":"trade","E":1723161255343,"s":"${symbol}","t":${id},"p":"60000.1","q":"0.02","T":1723161255342,"m":true,"M":true}`;
const depth = (first: number, last: number, symbol = 'BTCUSDT') =>
  `{"e":"depthUpdate","E":1723161255308,"s":"${symbol}","U":${first},"u":${last},"b":[["60000","${last}"]],"a":[]}`;
const wholeBook = (symbol: string, last: number): BookUpdate => ({
  ...{ type: 'book', kind: 'snapshot', venue: 'binance', symbol, ts: 1, receivedAt: 1, last },
  ...{ bids: [['59999', '1']], asks: [['60001', '1']] },
});

let exchange: Loopback;
let url: string;
let feed: Feed;
let events: MarketEvent[];
let bad: BadFrame[];
let statuses: FeedStatus[];

beforeEach(async () => {
  exchange = new Loopback();
  url = await exchange.open();
  [events, bad, statuses] = [[], [], []];
});

afterEach(async () => {
  await feed.close();
  await exchange.close();
});

const BTC: Subscription[] = [
  { channel: 'trades', symbol: 'BTC/USDT' },
  { channel: 'book', symbol: 'BTC/USDT' },
];
const ETH: Subscription[] = [{ channel: 'book', symbol: 'ETH/USDT' }];

function start(options: Partial<FeedOptions> & { limits?: Partial<Venue['limits']> } = {}) {
  const { limits, ...rest } = options;
  const binance = createBinance();
  const venue = {
    ...binance,
    streamUrl: url,
    limits: { ...binance.limits, reconnectFloorMs: 10, ...limits },
  };
  feed = new Feed({
    venue,
    subscriptions: BTC,
    onEvents: (list) => events.push(...list),
    onBadFrame: (frame) => bad.push(frame),
    onStatus: (status) => statuses.push(status),
    fetchBook: async () => Promise.reject(new RetryError('not in this test')),
    ...rest,
  });
  feed.start();
}

const subscribed = (times = 1) => until(() => exchange.requests.length >= times, 'it subscribed');
const tradeIds = () => events.filter((event): event is Trade => event.type === 'trade').map(({ id }) => id);

describe('the feed', () => {
  test('subscribes, and hands on events in order', async () => {
    start();
    await subscribed();
    expect(exchange.requests[0]).toMatchObject({
      method: 'SUBSCRIBE',
      params: ['btcusdt@trade', 'btcusdt@depth@100ms'],
    });
    exchange.say('{"result":null,"id":1}', trade(1), trade(2));
    await until(() => events.length === 2, 'two trades came');
    expect(tradeIds()).toEqual(['1', '2']);
    expect(feed.status).toMatchObject({ state: 'live', reason: undefined, reconnects: 0 });
  });

  test('comes back after a cut and subscribes anew', async () => {
    start();
    await subscribed();
    exchange.say(trade(1));
    await until(() => events.length === 1, 'a trade came');
    exchange.sockets[0]?.terminate();
    await subscribed(2);
    exchange.say(trade(2));
    await until(() => events.length === 2, 'a trade of the second connection came');
    expect(exchange.requests[1]).toEqual(exchange.requests[0]);
    expect(statuses.map(({ state }) => state)).toEqual(['live', 'down', 'live']);
    expect(feed.status.reconnects).toBe(1);
  });

  test('finds a stall that closes nothing', async () => {
    start({ limits: { silenceMs: 150 } });
    await subscribed();
    exchange.say(trade(1));
    await subscribed(2);
    expect(statuses.find(({ state }) => state === 'down')?.reason).toBe('silent for more than 150 ms');
  });

  test('says why a venue is down, and takes it up when it is there', async () => {
    await exchange.close();
    start();
    await until(() => feed.status.reconnects > 1, 'it tried again');
    expect(feed.status).toMatchObject({ state: 'down', reason: expect.stringContaining('ECONNREFUSED') });
  });

  test('obeys a venue that answers its handshake with a wait', async () => {
    exchange.refuseNext('HTTP/1.1 429 Too Many Requests\r\nRetry-After: 1\r\nConnection: close\r\n\r\n');
    const from = Date.now();
    start();
    await subscribed();
    expect(Date.now() - from).toBeGreaterThanOrEqual(990);
    expect(statuses[0]).toMatchObject({ state: 'down', reason: 'the venue answered HTTP 429' });
  });

  test('sends no faster than the venue allows', async () => {
    const subscriptions = Array.from({ length: 350 }, (_, i) => ({
      channel: 'trades' as const,
      symbol: `A${i}/USDT`,
    }));
    start({ subscriptions, limits: { messages: { count: 2, perMs: 300 } } });
    const from = Date.now();
    await subscribed(4);
    expect(Date.now() - from).toBeGreaterThanOrEqual(290);
    expect(exchange.requests).toHaveLength(4);
  });

  test('keeps to the streams a connection may have: more symbols, more connections', async () => {
    start({ subscriptions: [...BTC, ...ETH], limits: { subscriptionsPerConnection: 2 } });
    await subscribed(2);
    expect(exchange.sockets).toHaveLength(2);
    expect(exchange.requests.map(({ params }) => params.length).sort()).toEqual([1, 2]);
  });

  test('1,000 malformed frames are set aside with their reason; the connection lives, no event is made', async () => {
    start();
    await subscribed();
    const malformed = [
      trade(1).slice(0, 60),
      trade(1).replace('"60000.1"', 'NaN'),
      trade(1).replace('60000.1', '1e999'),
      trade(1).replace('60000.1', '-1'),
      trade(1).replace('"t":1', '"t":{}'),
      '{"__proto__":{"polluted":true}}',
      `{"e":"trade","p":${'['.repeat(50_000)}${']'.repeat(50_000)}}`,
      '\u0000\uffff',
    ];
    for (let i = 0; i < 998; i++) exchange.say(malformed[i % malformed.length] as string);
    exchange.say(`{"x":"${'x'.repeat(10_000_000)}"}`);
    exchange.sockets[0]?.send(Buffer.from([0xff, 0xfe, 0x00]), { binary: false });
    exchange.say(trade(7));
    await until(() => events.length === 1, 'the good frame after them came');
    expect(tradeIds()).toEqual(['7']);
    expect(bad).toHaveLength(1_000);
    expect(feed.status).toMatchObject({ badFrames: 1_000, reconnects: 0, state: 'live' });
    expect(bad.every(({ reason, frame }) => reason.length > 0 && frame.length <= 65_536)).toBe(true);
    expect(new Set(bad.map(({ reason }) => reason)).size).toBeGreaterThanOrEqual(6);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });
});

describe('the books of the feed', () => {
  test('a gap makes one symbol stale and mends it alone', async () => {
    const asked: string[] = [];
    const answers = new Map([
      ['BTC/USDT', 10],
      ['ETH/USDT', 10],
    ]);
    start({
      subscriptions: [...BTC, ...ETH],
      fetchBook: async (symbol) => {
        asked.push(symbol);
        return wholeBook(symbol, answers.get(symbol) as number);
      },
    });
    await subscribed();
    exchange.say(depth(9, 11), depth(9, 11, 'ETHUSDT'));
    const live = (symbol: string) => feed.book(symbol)?.state === 'live';
    await until(() => live('BTC/USDT') && live('ETH/USDT'), 'both are live');
    expect(asked).toEqual(['BTC/USDT', 'ETH/USDT']);

    answers.set('BTC/USDT', 25);
    exchange.say(depth(20, 24), depth(12, 13, 'ETHUSDT'));
    await until(() => feed.book('BTC/USDT')?.counters.resyncs === 1, 'the broken one is mended');
    expect(asked).toEqual(['BTC/USDT', 'ETH/USDT', 'BTC/USDT']);
    expect(feed.book('BTC/USDT')).toMatchObject({ state: 'live', id: 25, counters: { gaps: 1 } });
    expect(feed.book('ETH/USDT')).toMatchObject({ state: 'live', id: 13, counters: { gaps: 0, resyncs: 0 } });
  });

  test('a whole book that is too old is asked for again', async () => {
    let last = 3;
    start({ fetchBook: async (symbol) => wholeBook(symbol, last++) });
    await subscribed();
    exchange.say(depth(6, 7));
    await until(() => feed.book('BTC/USDT')?.state === 'live', 'a book that reaches the stream came');
    expect(feed.book('BTC/USDT')?.counters).toMatchObject({ gaps: 0, updates: 1 });
  });

  test('a cut makes books stale at once', async () => {
    start({ fetchBook: async (symbol) => wholeBook(symbol, 10), limits: { reconnectFloorMs: 60_000 } });
    await subscribed();
    exchange.say(depth(9, 11));
    await until(() => feed.book('BTC/USDT')?.state === 'live', 'it is live');
    exchange.sockets[0]?.terminate();
    await until(() => feed.status.state === 'down', 'it is down');
    expect(feed.book('BTC/USDT')?.state).toBe('stale');
  });

  test('of Bitfinex: a wrong checksum leaves the channel by its id and asks for it anew', async () => {
    const book = { channel: 'book', symbol: 'BTC/USD' } as const;
    start({ venue: { ...createBitfinex(), streamUrl: url }, subscriptions: [book] });
    await subscribed(2);
    const told = (id: number) =>
      `{"event":"subscribed","channel":"book","chanId":${id},"symbol":"tBTCUSD","prec":"P0","len":"250"}`;
    const at = Date.now();
    exchange.say(told(17), `[17,[[100,1,2],[101,1,-2]],1,${at}]`, `[17,"cs",1,2,${at}]`);
    await subscribed(4);
    expect(exchange.requests).toMatchObject([
      { event: 'conf', flags: 229_376 },
      { event: 'subscribe', channel: 'book', symbol: 'tBTCUSD' },
      { event: 'unsubscribe', chanId: 17 },
      { event: 'subscribe', channel: 'book', symbol: 'tBTCUSD' },
    ]);
    exchange.say(told(18), `[18,[[100,1,2],[101,1,-2]],3,${at}]`);
    await until(() => feed.book('BTC/USD')?.state === 'live', 'the fresh book came');
    expect(feed.book('BTC/USD')?.counters).toMatchObject({
      gaps: 0,
      resyncs: 1,
      checksums: { ok: 0, bad: 1 },
    });
  });

  test('of Kraken: a wrong checksum asks the stream for that book anew', async () => {
    const kraken = createKraken();
    start({
      venue: { ...kraken, streamUrl: url },
      subscriptions: [
        { channel: 'book', symbol: 'BTC/USD' },
        { channel: 'book', symbol: 'ETH/USD' },
      ],
    });
    await subscribed();
    const book = (type: string, symbol: string, more = '') =>
      `{"channel":"book","type":"${type}","data":[{"symbol":"${symbol}","bids":[{"price":1.0,"qty":1.0}],"asks":[]${more}}]}`;
    exchange.say(
      book('snapshot', 'BTC/USD'),
      book('snapshot', 'ETH/USD'),
      book('update', 'BTC/USD', ',"checksum":1'),
    );
    await subscribed(3);
    expect(exchange.requests.slice(1)).toMatchObject([
      { method: 'unsubscribe', params: { channel: 'book', symbol: ['BTC/USD'] } },
      { method: 'subscribe', params: { channel: 'book', symbol: ['BTC/USD'] } },
    ]);
    exchange.say(book('snapshot', 'BTC/USD'));
    await until(() => feed.book('BTC/USD')?.state === 'live', 'the fresh book came');
    expect(feed.book('BTC/USD')?.counters).toMatchObject({ resyncs: 1, checksums: { ok: 0, bad: 1 } });
    expect(feed.book('ETH/USD')?.counters.resyncs).toBe(0);
  });
});

test('channels that another address serves get a connection of their own; a cut of the one leaves the other', async () => {
  const usdm = createBinanceFutures('usdm');
  const symbol = 'BTC/USDT:USDT';
  const book: BookUpdate = { ...wholeBook(symbol, 30), ts: 1_723_161_255_000 };
  start({
    venue: {
      ...usdm,
      streamUrl: `${url}/market`,
      streamUrls: { book: `${url}/public` },
      limits: { ...usdm.limits, reconnectFloorMs: 10 },
    },
    subscriptions: [
      { channel: 'trades', symbol },
      { channel: 'book', symbol },
    ],
    fetchBook: async () => book,
  });
  await subscribed(2);
  const params = exchange.requests.map((request) => request.params.join());
  expect(params.sort()).toEqual(['btcusdt@aggTrade', 'btcusdt@depth@100ms']);
  const [market, open] = ['/market', '/public'].map((path) => exchange.sockets[exchange.paths.indexOf(path)]);
  open?.send(
    '{"e":"depthUpdate","E":1723161255308,"T":1723161255300,"s":"BTCUSDT","U":25,"u":40,"pu":20,"b":[],"a":[]}',
  );
  await until(() => feed.book(symbol)?.state === 'live', 'the book is live');
  market?.terminate();
  await until(() => exchange.sockets.length === 3, 'the other came back');
  expect(exchange.paths[2]).toBe('/market');
  expect(feed.book(symbol)?.state).toBe('live');
  open?.terminate();
  await until(() => feed.book(symbol)?.state !== 'live', 'the book is no longer live');
});
