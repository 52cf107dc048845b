import { describe, expect, test } from '@jest/globals';
import { RejectError, UserError } from '../../errors.ts';
import { Book } from '../book.ts';
import { RECEIVED_AT, testAdapter } from '../testing/conformance.ts';
import { createBybit } from './bybit.ts';
import { spellBybitSymbol, unifyBybitSymbol } from './bybit-symbols.ts';

/** Frames of the venue's documentation and of live connections. */
const TRADE =
  '{"topic":"publicTrade.BTCUSDT","type":"snapshot","ts":1672304486868,"data":[{"T":1672304486865,"s":"BTCUSDT","S":"Buy","v":"0.001","p":"16578.50","L":"PlusTick","i":"20f43950-d8dd-5b31-9112-a178eb6023af","BT":false,"seq":1783284617}]}';
const DELTA =
  '{"topic":"orderbook.50.BTCUSDT","type":"delta","ts":1687940967466,"data":{"s":"BTCUSDT","b":[["30247.20","30.028"],["30240.00","0"]],"a":[["30248.70","0"]],"u":177400507,"seq":66544703342},"cts":1687940967464}';
const TICKER =
  '{"topic":"tickers.BTCUSDT","type":"snapshot","data":{"symbol":"BTCUSDT","lastPrice":"17216.00","markPrice":"17217.33","indexPrice":"17227.36","nextFundingTime":"1673280000000","fundingRate":"-0.000212","bid1Price":"17215.50","bid1Size":"84.489","ask1Price":"17216.00","ask1Size":"83.020"},"cs":24987956059,"ts":1673272861686}';
const KLINE =
  '{"topic":"kline.5.BTCUSDT","data":[{"start":1672324800000,"end":1672325099999,"interval":"5","open":"16649.5","close":"16677","high":"16677","low":"16608","volume":"2.081","turnover":"34666.4005","confirm":true,"timestamp":1672324988882}],"ts":1672324988882,"type":"snapshot"}';
const PONG = '{"success":true,"ret_msg":"pong","conn_id":"0970e817-426e-429a","req_id":"","op":"ping"}';
const ACK =
  '{"success":true,"ret_msg":"subscribe","conn_id":"2324d924-aa4d","req_id":"10001","op":"subscribe"}';
const REFUSAL =
  '{"success":false,"ret_msg":"Invalid symbol :[publicTrade.NOSUCH]","conn_id":"x","op":"subscribe"}';
const control = [
  PONG,
  ACK,
  REFUSAL,
  ACK.replaceAll('subscribe', 'unsubscribe'),
  '{"op":"pong","args":["1"]}',
];
const ignored = [
  '{"topic":"liquidation.BTCUSDT","type":"snapshot","ts":1,"data":{}}',
  '{"topic":"orderbook.full.BTCUSDT","type":"delta","ts":1,"data":{}}',
  '{"topic":"orderbook.rpi.BTCUSDT","type":"delta","ts":1,"data":{}}',
  '{"topic":"tickers.BTCUSDT","ts":1673853746003,"type":"snapshot","cs":2588407389,"data":{"symbol":"BTCUSDT","lastPrice":"21109.77"}}',
];

const linear = createBybit('linear');
const spot = createBybit('spot');
const inverse = createBybit('inverse');
const origin = { venue: 'bybit', symbol: 'BTC/USDT:USDT', receivedAt: RECEIVED_AT };

testAdapter({
  venue: linear,
  symbol: 'BTC/USDT:USDT',
  events: [
    {
      name: 'a trade, whose id is no number',
      frame: TRADE,
      events: [
        {
          ...{ type: 'trade', ...origin, id: '20f43950-d8dd-5b31-9112-a178eb6023af' },
          ...{ price: '16578.5', size: '0.001', side: 'buy', ts: 1_672_304_486_865 },
        },
      ],
    },
    {
      name: 'a whole book and its depth',
      frame:
        '{"topic":"orderbook.50.BTCUSDT","type":"snapshot","ts":1672304484978,"data":{"s":"BTCUSDT","b":[["16493.50","0.006"],["2.505e-05","0.100"]],"a":[["16611.00","0.029"]],"u":18521288,"seq":7961638724},"cts":1672304484976}',
      events: [
        {
          ...{
            type: 'book',
            ...origin,
            kind: 'snapshot',
            last: 18_521_288,
            depth: 50,
            ts: 1_672_304_484_978,
          },
          bids: [
            ['16493.5', '0.006'],
            ['0.00002505', '0.1'],
          ],
          asks: [['16611', '0.029']],
        },
      ],
    },
    {
      name: 'a change of the book',
      frame: DELTA,
      events: [
        {
          ...{ type: 'book', ...origin, kind: 'delta', last: 177_400_507, ts: 1_687_940_967_466 },
          bids: [
            ['30247.2', '30.028'],
            ['30240', '0'],
          ],
          asks: [['30248.7', '0']],
        },
      ],
    },
    {
      name: 'best bid and ask of a ticker',
      frame: TICKER,
      events: [
        {
          ...{ type: 'quote', ...origin, bid: '17215.5', bidSize: '84.489', ask: '17216', askSize: '83.02' },
          ts: 1_673_272_861_686,
        },
        { type: 'mark', ...origin, price: '17217.33', indexPrice: '17227.36', ts: 1_673_272_861_686 },
        {
          ...{ type: 'funding', ...origin, rate: '-0.000212', nextFundingTs: 1_673_280_000_000 },
          ts: 1_673_272_861_686,
        },
      ],
    },
    {
      name: 'a candle, closed when the venue says so',
      frame: KLINE,
      events: [
        {
          ...{ type: 'candle', ...origin, interval: '5m', open: '16649.5', high: '16677', low: '16608' },
          ...{ close: '16677', volume: '2.081', closed: true, ts: 1_672_324_800_000 },
        },
      ],
    },
  ],
  control,
  ignored,
});

testAdapter({
  venue: spot,
  symbol: 'BTC/USDT',
  events: [
    {
      name: 'a sale, with the id of spot',
      frame: TRADE.replace('Buy', 'Sell').replace(
        '20f43950-d8dd-5b31-9112-a178eb6023af',
        '2290000000067889035',
      ),
      events: [
        {
          ...{ type: 'trade', venue: 'bybit', symbol: 'BTC/USDT', id: '2290000000067889035', side: 'sell' },
          ...{ price: '16578.5', size: '0.001', ts: 1_672_304_486_865, receivedAt: RECEIVED_AT },
        },
      ],
    },
  ],
  control,
  ignored,
});

testAdapter({
  venue: inverse,
  symbol: 'BTC/USD:BTC-240329',
  events: [
    {
      name: 'a trade of a dated contract',
      frame: TRADE.replaceAll('BTCUSDT', 'BTCUSDH24'),
      events: [
        {
          ...{ type: 'trade', ...origin, symbol: 'BTC/USD:BTC-240329', side: 'buy', price: '16578.5' },
          ...{ size: '0.001', id: '20f43950-d8dd-5b31-9112-a178eb6023af', ts: 1_672_304_486_865 },
        },
      ],
    },
  ],
  control,
  ignored: ignored.map((frame) => frame.replaceAll('BTCUSDT', 'BTCUSD')),
});

describe('Bybit symbols', () => {
  test.each([
    ['spot', 'BTCUSDT', 'BTC/USDT'],
    ['spot', 'USDCUSDT', 'USDC/USDT'],
    ['spot', 'USDTEUR', 'USDT/EUR'],
    ['spot', 'ETHBTC', 'ETH/BTC'],
    ['linear', 'BTCUSDT', 'BTC/USDT:USDT'],
    ['linear', '1000PEPEUSDT', '1000PEPE/USDT:USDT'],
    ['linear', 'BTCPERP', 'BTC/USDC:USDC'],
    ['linear', 'BTC-29NOV24', 'BTC/USDC:USDC-241129'],
    ['linear', 'BTCUSDT-5DEC25', 'BTC/USDT:USDT-251205'],
    ['inverse', 'BTCUSD', 'BTC/USD:BTC'],
    ['inverse', 'BTCUSDH24', 'BTC/USD:BTC-240329'],
    ['inverse', 'ETHUSDZ25', 'ETH/USD:ETH-251226'],
    ['inverse', 'BTCUSDU23', 'BTC/USD:BTC-230929'],
  ] as const)('of %s: %s is %s, and back', (market, wire, symbol) => {
    expect(unifyBybitSymbol(wire, market)).toBe(symbol);
    expect(spellBybitSymbol(symbol, market)).toBe(wire);
  });

  test('of another market are refused, with an example of this one’s', () => {
    expect(() => spellBybitSymbol('BTC/USDT', 'linear')).toThrow(UserError);
    expect(() => spellBybitSymbol('BTC/USDT', 'linear')).toThrow('BTC/USDT:USDT');
    expect(() => spellBybitSymbol('BTC/USDT:USDT', 'spot')).toThrow(UserError);
    expect(() => unifyBybitSymbol('BTCUSDT', 'inverse')).toThrow(RejectError);
    expect(() => unifyBybitSymbol('BTC-29FOO24', 'linear')).toThrow(RejectError);
  });
});

test('Bybit is asked for ten topics a request, and for quotes where it has them', () => {
  const wanted = Array.from({ length: 6 }, (_, i) => `A${i}/USDT`).flatMap((symbol) => [
    { channel: 'book' as const, symbol },
    { channel: 'quotes' as const, symbol },
  ]);
  const requests = spot.subscribe(wanted).map((text) => JSON.parse(text));
  expect(requests.map(({ args }) => args.length)).toEqual([10, 2]);
  expect(requests[0].args.slice(0, 2)).toEqual(['orderbook.200.A0USDT', 'orderbook.1.A0USDT']);
  expect(linear.subscribe([{ channel: 'quotes', symbol: 'BTC/USDT:USDT' }])[0]).toContain('tickers.BTCUSDT');
});

describe('Bybit’s books', () => {
  const frame = (
    depth: number,
    type: string,
    u: number,
    bids: [string, string][],
    ts = 1_700_000_000_000 + u,
  ) =>
    JSON.stringify({
      ...{ topic: `orderbook.${depth}.BTCUSDT`, type, ts },
      data: { s: 'BTCUSDT', b: bids, a: [['101', '1']], u, seq: u * 7 },
    });
  const follow = (frames: string[]) => {
    const mapper = linear.createMapper();
    const book = new Book(linear.book);
    const states = frames.map((text) => {
      const reading = mapper.read(text, RECEIVED_AT);
      for (const event of reading.kind === 'events' ? reading.events : []) {
        if (event.type === 'book') book.apply(event);
      }
      return book.state;
    });
    return { book, states };
  };

  test('are stale from the first change that does not follow, and right with the next whole one', () => {
    const { book, states } = follow([
      frame(50, 'snapshot', 10, [['100', '1']]),
      frame(50, 'delta', 11, [['99', '1']]),
      frame(50, 'delta', 13, [['98', '1']]),
      frame(50, 'delta', 14, [['97', '1']]),
      frame(50, 'snapshot', 20, [['96', '1']]),
      frame(50, 'delta', 21, [['95', '1']]),
    ]);
    expect(states).toEqual(['live', 'live', 'stale', 'stale', 'live', 'live']);
    expect(book.top(5).bids).toEqual([
      ['96', '1'],
      ['95', '1'],
    ]);
    expect(book.counters).toMatchObject({ gaps: 1, resyncs: 1, updates: 2 });
  });

  test('begin anew with update id 1, live or stale, even when the frame is called a delta', () => {
    const { book, states } = follow([
      frame(50, 'snapshot', 10, [['100', '1']]),
      frame(50, 'delta', 12, [['99', '1']]),
      frame(50, 'delta', 1, [['98', '1']], 1_700_000_001_000),
      frame(50, 'delta', 2, [['97', '1']], 1_700_000_001_001),
      frame(50, 'snapshot', 1, [['96', '1']], 1_700_000_002_000),
    ]);
    expect(states).toEqual(['live', 'stale', 'live', 'live', 'live']);
    expect(book.top(5).bids).toEqual([['96', '1']]);
    expect(book.counters.gaps).toBe(1);
  });

  test('are not set back by a frame that is repeated, a whole book among them', () => {
    const frames = [
      frame(50, 'snapshot', 10, [['100', '1']]),
      frame(50, 'delta', 11, [['99', '1']]),
      frame(50, 'delta', 12, [['99', '2']]),
    ];
    const repeated = frames.flatMap((text, i) => [text, ...frames.slice(0, i + 1)]);
    const { book, states } = follow(repeated);
    expect(new Set(states)).toEqual(new Set(['live']));
    expect(book.top(1).bids).toEqual([['100', '1']]);
    expect(book.counters).toMatchObject({ gaps: 0, updates: 2 });
  });

  test('are cut to the depth that is subscribed, and the deepest of several is the book', () => {
    const levels = Array.from({ length: 3 }, (_, i): [string, string] => [String(100 - i), '1']);
    const { book } = follow([
      frame(1, 'snapshot', 900, [['100', '9']]),
      frame(2, 'snapshot', 10, levels),
      frame(1, 'snapshot', 901, [['100', '8']]),
      frame(2, 'delta', 11, [['99.5', '1']]),
    ]);
    expect(book.top(5).bids).toEqual([
      ['100', '1'],
      ['99.5', '1'],
    ]);
    expect(book.counters.gaps).toBe(0);
  });

  test('of one level are quotes too: whole, repeated after 3 s, and in the changes of old', () => {
    const mapper = spot.createMapper();
    const quotes = (text: string) => {
      const reading = mapper.read(text, RECEIVED_AT);
      const events = reading.kind === 'events' ? reading.events : [];
      return events.flatMap((event) => (event.type === 'quote' ? [[event.bid, event.bidSize]] : []));
    };
    expect(quotes(frame(1, 'snapshot', 5, [['100', '1']]))).toEqual([['100', '1']]);
    expect(quotes(frame(1, 'snapshot', 5, [['100', '1']], 1_700_000_003_005))).toEqual([['100', '1']]);
    expect(
      quotes(
        frame(1, 'delta', 6, [
          ['100', '0'],
          ['99', '3'],
        ]),
      ),
    ).toEqual([['99', '3']]);
    expect(quotes(frame(1, 'delta', 7, []))).toEqual([['99', '3']]);
    expect(quotes(frame(1, 'delta', 8, [['99', '0']]))).toEqual([]);
  });
});

test('a partial ticker changes what it names; a side without orders makes no quote', () => {
  const mapper = linear.createMapper();
  const tell = (data: object, type = 'delta') => {
    const head = { topic: 'tickers.BTCUSDT', type, ts: 1_673_272_861_686 };
    const frame = JSON.stringify({ ...head, data: { symbol: 'BTCUSDT', ...data } });
    try {
      return mapper.read(frame, RECEIVED_AT);
    } catch (error) {
      if (error instanceof RejectError) return 'refused';
      throw error;
    }
  };
  expect(tell({ bid1Price: '1' })).toEqual({ kind: 'ignored' });
  mapper.read(TICKER, RECEIVED_AT);
  expect(tell({ ask1Size: '7' })).toMatchObject({
    events: [{ bid: '17215.5', bidSize: '84.489', ask: '17216', askSize: '7' }],
  });
  expect(tell({ lastPrice: '17217' })).toEqual({ kind: 'ignored' });
  expect(tell({ markPrice: '17217' })).toMatchObject({
    events: [{ type: 'mark', price: '17217', indexPrice: '17227.36' }],
  });
  expect(tell({ fundingRate: '0.0001' })).toMatchObject({
    events: [{ type: 'funding', rate: '0.0001', nextFundingTs: 1_673_280_000_000 }],
  });
  expect(tell({ fundingRate: 'x' })).toBe('refused');
  expect(tell({ nextFundingTime: '1673308800000', bid1Price: 'x' })).toBe('refused');
  expect(tell({ fundingRate: '0.0002' })).toMatchObject({ events: [{ nextFundingTs: 1_673_280_000_000 }] });
  expect(tell({ bid1Price: '', bid1Size: '' })).toEqual({ kind: 'ignored' });
  expect(tell({ bid1Price: '17000', bid1Size: '1' })).toMatchObject({
    events: [{ bid: '17000', ask: '17216' }],
  });
});

test('quotes, funding and mark price of a contract are one topic, asked for once', () => {
  const symbol = 'BTC/USDT:USDT';
  const all = [
    { channel: 'quotes', symbol },
    { channel: 'funding', symbol },
    { channel: 'mark', symbol },
  ] as const;
  expect(linear.subscribe(all).map((request) => JSON.parse(request).args)).toEqual([['tickers.BTCUSDT']]);
  expect(spot.channels).not.toContain('funding');
});
