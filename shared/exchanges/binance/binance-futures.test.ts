import { describe, expect, test } from '@jest/globals';
import type { BookUpdate, Level } from '../../domain/market.ts';
import { RejectError } from '../../errors.ts';
import { Book } from '../book.ts';
import { RECEIVED_AT, testAdapter } from '../testing/conformance.ts';
import type { Channel } from '../venue.ts';
import { createBinanceFutures } from './binance-futures.ts';

const usdm = createBinanceFutures('usdm');
const coinm = createBinanceFutures('coinm');

const quote = (data: string) => `{"stream":"x@bookTicker","data":${data}}`;
const AGGREGATED =
  '{"e":"aggTrade","E":1591261134288,"a":424951,"s":"BTCUSD_200626","p":"9643.5","q":"2","f":606073,"l":606073,"T":1591261134199,"m":false}';
const DEPTH =
  '{"e":"depthUpdate","E":1591270260907,"T":1591270260891,"s":"BTCUSD_200626","ps":"BTCUSD","U":17285681,"u":17285702,"pu":17285675,"b":[["9517.6","10"]],"a":[["9518.5","0"]]}';
const KLINE =
  '{"e":"kline","E":1591261542539,"s":"BTCUSD_200626","k":{"t":1591261500000,"T":1591261559999,"s":"BTCUSD_200626","i":"1m","f":606400,"L":606430,"o":"9638.9","c":"9639.8","h":"9639.8","l":"9638.6","v":"156","n":31,"x":true,"q":"1.61836886","V":"73","Q":"0.75731156","B":"0"}}';
const TRADE =
  '{"e":"trade","E":1592265616654,"T":1592265616653,"s":"BTCUSD_200925","t":173906,"p":"9504.9","q":"1","X":"MARKET","m":false}';

const MARKED = {
  ...{ venue: 'binance', symbol: 'BTC/USDT:USDT', ts: 1_562_305_380_000, receivedAt: RECEIVED_AT },
};

testAdapter({
  venue: usdm,
  symbol: 'BTC/USDT:USDT',
  events: [
    {
      name: 'an aggregated trade',
      frame:
        '{"e":"aggTrade","E":123456789,"s":"BTCUSDT","a":5933014,"p":"0.001","q":"100","nq":"100","f":100,"l":105,"T":1672515782136,"m":true}',
      events: [
        {
          ...{ type: 'trade', venue: 'binance', symbol: 'BTC/USDT:USDT', id: '5933014' },
          ...{ price: '0.001', size: '100', side: 'sell', ts: 1_672_515_782_136, receivedAt: RECEIVED_AT },
        },
      ],
    },
    {
      name: 'a quote with its own time',
      frame: quote(
        '{"e":"bookTicker","u":400900217,"E":1568014460893,"T":1568014460891,"s":"BNBUSDT","b":"25.35190000","B":"31.21000000","a":"25.36520000","A":"40.66000000"}',
      ),
      events: [
        {
          ...{ type: 'quote', venue: 'binance', symbol: 'BNB/USDT:USDT', bid: '25.3519', bidSize: '31.21' },
          ...{ ask: '25.3652', askSize: '40.66', ts: 1_568_014_460_891, receivedAt: RECEIVED_AT },
        },
      ],
    },
    {
      name: 'mark price, index price and funding, in one frame',
      frame:
        '{"stream":"btcusdt@markPrice@1s","data":{"e":"markPriceUpdate","E":1562305380000,"s":"BTCUSDT","p":"11794.15000000","i":"11784.62659091","P":"11784.25641265","r":"-0.00038167","T":1562306400000}}',
      events: [
        { type: 'mark', ...MARKED, price: '11794.15', indexPrice: '11784.62659091' },
        { type: 'funding', ...MARKED, rate: '-0.00038167', nextFundingTs: 1_562_306_400_000 },
      ],
    },
  ],
  control: ['{"result":null,"id":1}', '{"result":["btcusdt@aggTrade"],"id":0}'],
  ignored: [
    `{"stream":"btcusdt@depth20@100ms","data":${DEPTH.replaceAll('BTCUSD_200626', 'BTCUSDT')}}`,
    '{"stream":"btcusdt@forceOrder","data":{"e":"forceOrder","E":1568014460893,"o":{"s":"BTCUSDT"}}}',
  ],
});

testAdapter({
  venue: coinm,
  symbol: 'BTC/USD:BTC-200626',
  events: [
    {
      name: 'an aggregated trade, its size in contracts',
      frame: AGGREGATED,
      events: [
        {
          ...{ type: 'trade', venue: 'binance', symbol: 'BTC/USD:BTC-200626', id: '424951', price: '9643.5' },
          ...{ size: '2', side: 'buy', ts: 1_591_261_134_199, receivedAt: RECEIVED_AT },
        },
      ],
    },
    {
      name: 'a change of the book with the id before it',
      frame: `{"stream":"btcusd_200626@depth@100ms","data":${DEPTH}}`,
      events: [
        {
          ...{ type: 'book', venue: 'binance', symbol: 'BTC/USD:BTC-200626', kind: 'delta' },
          ...{ bids: [['9517.6', '10']], asks: [['9518.5', '0']] },
          ...{ first: 17_285_681, last: 17_285_702, prev: 17_285_675 },
          ...{ ts: 1_591_270_260_891, receivedAt: RECEIVED_AT },
        },
      ],
    },
    {
      name: 'the mark price of a dated contract, which has no funding',
      frame:
        '{"e":"markPriceUpdate","E":1596095725000,"s":"BTCUSD_200626","p":"10934.62615417","P":"10962.17178236","r":"","T":0}',
      events: [
        {
          ...{ type: 'mark', venue: 'binance', symbol: 'BTC/USD:BTC-200626', price: '10934.62615417' },
          ...{ ts: 1_596_095_725_000, receivedAt: RECEIVED_AT },
        },
      ],
    },
    {
      name: 'a closed candle',
      frame: KLINE,
      events: [
        {
          ...{ type: 'candle', venue: 'binance', symbol: 'BTC/USD:BTC-200626', interval: '1m' },
          ...{ open: '9638.9', high: '9639.8', low: '9638.6', close: '9639.8', volume: '156' },
          ...{ closed: true, ts: 1_591_261_500_000, receivedAt: RECEIVED_AT },
        },
      ],
    },
  ],
  control: ['{"error":{"code":2,"msg":"Invalid request"},"id":1}'],
  ignored: ['{"e":"indexPriceUpdate","E":1591261236000,"i":"BTCUSD","p":"9636.57860000"}'],
});

describe('a Binance futures symbol', () => {
  test.each([
    ['BTCUSDT', 'BTC/USDT:USDT'],
    ['BTCUSDT_260327', 'BTC/USDT:USDT-260327'],
    ['ETHUSDC', 'ETH/USDC:USDC'],
    ['1000SHIBUSDT', '1000SHIB/USDT:USDT'],
    ['ETHBTC', 'ETH/BTC:BTC'],
  ])('%s is %s on USDM', (wire, symbol) => {
    expect(usdm.unifiedSymbol(wire)).toBe(symbol);
    expect(usdm.wireSymbol(symbol)).toBe(wire);
  });

  test.each([
    ['BTCUSD_PERP', 'BTC/USD:BTC'],
    ['LINKUSD_211231', 'LINK/USD:LINK-211231'],
  ])('%s is %s on COINM', (wire, symbol) => {
    expect(coinm.unifiedSymbol(wire)).toBe(symbol);
    expect(coinm.wireSymbol(symbol)).toBe(wire);
  });

  test.each(['BTCUSD', 'BTCUSDT', 'USD_PERP', ''])('%s is none of COINM', (wire) => {
    expect(() => coinm.unifiedSymbol(wire)).toThrow(RejectError);
  });
});

test('books and quotes of USDM have an address of their own', () => {
  const urlOf = (channel: Channel) => usdm.streamUrls?.[channel] ?? usdm.streamUrl;
  expect(urlOf('book')).toBe('wss://fstream.binance.com/public/stream');
  expect(urlOf('quotes')).toBe(urlOf('book'));
  expect(urlOf('trades')).toBe('wss://fstream.binance.com/market/stream');
  expect(urlOf('candles')).toBe(urlOf('trades'));
});

test.each(['INSURANCE_FUND', 'ADL', 'NA'])('an execution by %s is no trade', (kind) => {
  expect(coinm.createMapper().read(TRADE, RECEIVED_AT).kind).toBe('events');
  const offBook = TRADE.replace('MARKET', kind).replace('9504.9', '0');
  expect(coinm.createMapper().read(offBook, RECEIVED_AT)).toEqual({ kind: 'ignored' });
});

test('a REST book is read with its time', () => {
  const body = { lastUpdateId: 16_769_853, E: 1_591_250_106_370, T: 1_591_250_106_368, pair: 'BTCUSD' };
  const levels = { bids: [['9638.0', '431']], asks: [['9638.2', '12']] };
  expect(coinm.createMapper().readSnapshot('BTCUSD_PERP', { ...body, ...levels }, RECEIVED_AT)).toMatchObject(
    {
      ...{ symbol: 'BTC/USD:BTC', kind: 'snapshot', last: 16_769_853, ts: 1_591_250_106_368 },
      ...{ bids: [['9638', '431']], asks: [['9638.2', '12']] },
    },
  );
});

describe('a futures book', () => {
  const origin = { type: 'book', venue: 'binance', symbol: 'BTC/USDT:USDT', ts: 1, receivedAt: 1 } as const;
  const whole = (last: number): BookUpdate => ({
    ...origin,
    ...{ kind: 'snapshot', bids: [['100', '1']], asks: [['101', '1']], last },
  });
  const change = (prev: number, first: number, last: number, bids: Level[] = []): BookUpdate => ({
    ...origin,
    ...{ kind: 'delta', bids, asks: [], first, last, prev },
  });
  const open = (...updates: BookUpdate[]) => {
    const book = new Book(usdm.book);
    for (const update of updates) book.apply(update);
    return book;
  };

  test('begins with the change that contains the whole book’s id; ids of other symbols lie between', () => {
    const book = open(change(10, 14, 20), change(20, 25, 40, [['99', '2']]), whole(30), change(40, 55, 60));
    expect(book.state).toBe('live');
    expect(book.counters).toMatchObject({ updates: 2, gaps: 0, staleBeforeSnapshot: 1 });
    expect(book.id).toBe(60);
  });

  test('begins with a change that ends where the whole book does, or that directly continues it', () => {
    expect(open(whole(30), change(20, 25, 30), change(30, 31, 35)).counters.updates).toBe(2);
    expect(open(whole(30), change(30, 45, 50)).state).toBe('live');
    expect(open(whole(30), change(28, 33, 50)).state).toBe('live');
  });

  test('finds a lost change at the next one, whatever the ids, and is right again after a whole book', () => {
    const book = open(whole(30), change(30, 31, 35), change(36, 36, 40));
    expect(book.state).toBe('stale');
    expect(book.counters.gaps).toBe(1);
    expect(book.apply(change(40, 44, 50, [['98', '5']]))).toBe('stale');
    expect(book.apply(whole(42))).toBe('live');
    expect(book.counters).toMatchObject({ gaps: 1, resyncs: 1, updates: 2 });
    expect(book.top(2).bids).toEqual([
      ['100', '1'],
      ['98', '5'],
    ]);
  });

  test('passes over a repeated change; one out of order shows as a gap', () => {
    expect(
      open(whole(30), change(30, 31, 35), change(30, 31, 35), change(35, 36, 40)).counters,
    ).toMatchObject({
      updates: 2,
      gaps: 0,
    });
    expect(open(whole(30), change(35, 36, 40), change(30, 31, 35)).state).toBe('stale');
  });

  test('is not begun by a whole book older than what was kept', () => {
    const book = open(change(40, 41, 50));
    expect(book.isTooOld(whole(30))).toBe(true);
    expect(book.isTooOld(whole(41))).toBe(false);
  });
});

test('funding and mark price are one stream, asked for once', () => {
  const symbol = 'BTC/USDT:USDT';
  const both = [
    { channel: 'funding', symbol },
    { channel: 'mark', symbol },
  ] as const;
  const params = (requests: string[]) => requests.map((request) => JSON.parse(request).params);
  expect(params(createBinanceFutures('usdm').subscribe(both))).toEqual([['btcusdt@markPrice@1s']]);
});
