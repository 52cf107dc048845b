import { describe, expect, test } from '@jest/globals';
import { RejectError, UserError } from '../../errors.ts';
import { Book } from '../book.ts';
import { RECEIVED_AT, testAdapter } from '../testing/conformance.ts';
import { createBitget } from './bitget.ts';
import { spellBitgetSymbol, unifyBitgetSymbol } from './bitget-symbols.ts';

/**
 * Frames after those of the venue's documentation (https://www.bitget.com/docs/classic/websocket/intro) and of live
 * connections of September 2026, in which books have `seq` and `pseq` and no checksum.
 */
const arg = (channel: string, instType = 'SPOT', instId = 'BTCUSDT') =>
  `"arg":{"instType":"${instType}","channel":"${channel}","instId":"${instId}"}`;
const TRADES = `{"action":"snapshot",${arg('trade')},"data":[{"ts":"1788335044055","price":"77600.75","size":"0.001352","side":"buy","tradeId":"1478949856623706112"},{"ts":"1788335043900","price":"77600.70","size":"0.20","side":"sell","tradeId":"1478949855973588993"}],"ts":1788335044056}`;
const WHOLE = `{"action":"snapshot",${arg('books')},"data":[{"asks":[["77600.8","0.5"],["77601","1.25"]],"bids":[["77600.70","2.0"]],"ts":"1789358773905","seq":850167842345,"pseq":0}],"ts":1789358773907}`;
const CHANGE = `{"action":"update",${arg('books')},"data":[{"asks":[["77600.8","0"]],"bids":[],"ts":"1789358774005","seq":850167849988,"pseq":850167842345}],"ts":1789358774006}`;
const BEST = `{"action":"snapshot",${arg('books1')},"data":[{"asks":[["77600.8","0.5"]],"bids":[["77600.70","2.0"]],"ts":"1789358773905","seq":850167842345,"pseq":0}],"ts":1789358773907}`;
const CANDLES = `{"action":"snapshot",${arg('candle1m')},"data":[["1789358640000","77590","77602.5","77588.1","77600.7","0.701343","58742.4","58742.4"],["1789358700000","77600.7","77600.7","77600.7","77600.7","0","0","0"]],"ts":1789358700653}`;
const TICKER = `{"action":"snapshot",${arg('ticker', 'USDT-FUTURES')},"data":[{"instId":"BTCUSDT","lastPr":"77592.3","bidPr":"77592.3","askPr":"77592.4","bidSz":"1.2043","askSz":"4.5377","fundingRate":"-0.0001","nextFundingTime":"1789380800000","markPrice":"77592.30","indexPrice":"77620.9225","symbol":"BTCUSDT","ts":"1789358794983"}],"ts":1789358794987}`;
const ERROR = `{"event":"error",${arg('books', 'SPOT', 'NOPEUSDT')},"code":30001,"msg":"instType:SPOT,channel:books,instId:NOPEUSDT doesn't exist","op":"subscribe"}`;
const control = [
  'pong',
  `{"event":"subscribe",${arg('books')}}`,
  `{"event":"unsubscribe",${arg('books')}}`,
  ERROR,
];

const spot = createBitget('spot');
const futures = createBitget('futures');
const origin = { venue: 'bitget', symbol: 'BTC/USDT', receivedAt: RECEIVED_AT };
const swap = { ...origin, symbol: 'BTC/USDT:USDT' };

testAdapter({
  venue: spot,
  symbol: 'BTC/USDT',
  events: [
    {
      name: 'recent trades, the oldest first',
      frame: TRADES,
      events: [
        {
          ...{ type: 'trade', ...origin, id: '1478949855973588993', side: 'sell', ts: 1_788_335_043_900 },
          ...{ price: '77600.7', size: '0.2' },
        },
        {
          ...{ type: 'trade', ...origin, id: '1478949856623706112', side: 'buy', ts: 1_788_335_044_055 },
          ...{ price: '77600.75', size: '0.001352' },
        },
      ],
    },
    {
      name: 'a whole book',
      frame: WHOLE,
      events: [
        {
          ...{ type: 'book', ...origin, kind: 'snapshot', last: 850_167_842_345, ts: 1_789_358_773_905 },
          bids: [['77600.7', '2']],
          asks: [
            ['77600.8', '0.5'],
            ['77601', '1.25'],
          ],
        },
      ],
    },
    {
      name: 'a change of the book, which names the one before it',
      frame: CHANGE,
      events: [
        {
          ...{ type: 'book', ...origin, kind: 'delta', prev: 850_167_842_345, last: 850_167_849_988 },
          ...{ bids: [], asks: [['77600.8', '0']], ts: 1_789_358_774_005 },
        },
      ],
    },
    {
      name: 'best bid and ask',
      frame: BEST,
      events: [
        {
          ...{ type: 'quote', ...origin, bid: '77600.7', bidSize: '2', ask: '77600.8', askSize: '0.5' },
          ts: 1_789_358_773_905,
        },
      ],
    },
    {
      name: 'recent candles, all but the last one closed',
      frame: CANDLES,
      events: [
        {
          ...{ type: 'candle', ...origin, interval: '1m', open: '77590', high: '77602.5', low: '77588.1' },
          ...{ close: '77600.7', volume: '0.701343', closed: true, ts: 1_789_358_640_000 },
        },
        {
          ...{ type: 'candle', ...origin, interval: '1m', open: '77600.7', high: '77600.7', low: '77600.7' },
          ...{ close: '77600.7', volume: '0', closed: false, ts: 1_789_358_700_000 },
        },
      ],
    },
  ],
  control,
  ignored: [
    TICKER.replace('USDT-FUTURES', 'SPOT'),
    CHANGE.replace('SPOT', 'USDT-FUTURES'),
    WHOLE.replace('"books"', '"books15"'),
    CANDLES.replace('candle1m', 'candle1D'),
    BEST.replace('[["77600.70","2.0"]]', '[]'),
  ],
});

testAdapter({
  venue: futures,
  symbol: 'BTC/USDT:USDT',
  events: [
    {
      name: 'funding and mark price of a ticker',
      frame: TICKER,
      events: [
        {
          ...{ type: 'funding', ...swap, rate: '-0.0001', nextFundingTs: 1_789_380_800_000 },
          ts: 1_789_358_794_983,
        },
        {
          ...{ type: 'mark', ...swap, price: '77592.3', indexPrice: '77620.9225', ts: 1_789_358_794_983 },
        },
      ],
    },
    {
      name: 'a trade',
      frame: TRADES.replace('SPOT', 'USDT-FUTURES').replace(/,\{"ts":"1788335043900.*?\}/, ''),
      events: [
        {
          ...{ type: 'trade', ...swap, id: '1478949856623706112', side: 'buy', ts: 1_788_335_044_055 },
          ...{ price: '77600.75', size: '0.001352' },
        },
      ],
    },
  ],
  control,
  ignored: [TRADES, WHOLE.replace('SPOT', 'USDT-FUTURES').replace('"books"', '"books15"')],
});

describe('Bitget symbols', () => {
  test.each([
    ['spot', 'BTCUSDT', 'BTC/USDT', 'SPOT'],
    ['spot', 'ETHBTC', 'ETH/BTC', 'SPOT'],
    ['spot', 'BGBUSDC', 'BGB/USDC', 'SPOT'],
    ['futures', 'BTCUSDT', 'BTC/USDT:USDT', 'USDT-FUTURES'],
    ['futures', '牛来USDT', '牛来/USDT:USDT', 'USDT-FUTURES'],
    ['futures', 'BTCPERP', 'BTC/USDC:USDC', 'USDC-FUTURES'],
    ['futures', 'BTCUSD', 'BTC/USD:BTC', 'COIN-FUTURES'],
  ] as const)('of %s: %s is %s of %4$s, and back', (market, instId, symbol, instType) => {
    expect(unifyBitgetSymbol(instId, market)).toBe(symbol);
    expect(spellBitgetSymbol(symbol, market)).toEqual({ instId, instType });
  });

  test('of another market are refused, with an example of this one’s', () => {
    expect(() => spellBitgetSymbol('BTC/USDT', 'futures')).toThrow('BTC/USDT:USDT');
    expect(() => spellBitgetSymbol('BTC/USDT:USDT', 'spot')).toThrow(UserError);
    expect(() => spellBitgetSymbol('BTC/EUR:EUR', 'futures')).toThrow(UserError);
    expect(() => unifyBitgetSymbol('BTCEUR', 'futures')).toThrow(RejectError);
    expect(() => unifyBitgetSymbol('FOOXYZ', 'spot')).toThrow(RejectError);
  });

  test('that can’t be split without a doubt are known from what is subscribed to', () => {
    const mapper = spot.createMapper(['FOO/XYZ']);
    const frame = BEST.replace('BTCUSDT', 'FOOXYZ');
    expect(mapper.read(frame, RECEIVED_AT)).toMatchObject({ events: [{ symbol: 'FOO/XYZ' }] });
  });
});

test('Bitget is asked for funding and mark price once, and for no more than 40 streams a message', () => {
  const symbol = 'BTC/USD:BTC';
  const [message = ''] = futures.subscribe([
    { channel: 'funding', symbol },
    { channel: 'mark', symbol },
    { channel: 'candles', symbol, interval: '1d' },
  ]);
  expect(JSON.parse(message)).toEqual({
    op: 'subscribe',
    args: [
      { instType: 'COIN-FUTURES', channel: 'ticker', instId: 'BTCUSD' },
      { instType: 'COIN-FUTURES', channel: 'candle1Dutc', instId: 'BTCUSD' },
    ],
  });
  const many = Array.from({ length: 90 }, (_, i) => ({ channel: 'book' as const, symbol: `A${i}/USDT` }));
  expect(spot.subscribe(many).map((text) => JSON.parse(text).args.length)).toEqual([40, 40, 10]);
  expect(() => spot.subscribe([{ channel: 'candles', symbol: 'BTC/USDT', interval: '1s' }])).toThrow();
});

describe('A connection of Bitget', () => {
  const events = (frames: string[], venue = spot) => {
    const mapper = venue.createMapper();
    return frames.map((frame) => {
      const reading = mapper.read(frame, RECEIVED_AT);
      return reading.kind === 'events' ? reading.events : [];
    });
  };

  test('tells funding and mark price when they change', () => {
    const moved = TICKER.replace('77592.30', '77593');
    const settled = moved.replace('1789380800000', '1789409600000');
    const dated = moved.replace('1789380800000', '0').replace('77593', '77594');
    const told = events([TICKER, TICKER, moved, settled, dated], futures);
    expect(told.map((list) => list.map(({ type }) => type))).toEqual([
      ['funding', 'mark'],
      [],
      ['mark'],
      ['funding'],
      ['mark'],
    ]);
  });

  test('closes a candle with the first word of the next', () => {
    const next = CANDLES.replace('snapshot', 'update').replace(/\["1789358640000.*?\],/, '');
    const told = events([CANDLES, next, next.replaceAll('1789358700000', '1789358760000')]);
    expect(told.map((list) => list.map((event) => event.type === 'candle' && event.closed))).toEqual([
      [true, false],
      [false],
      [true, false],
    ]);
  });
});

describe('Bitget’s books', () => {
  const change = (seq: string, pseq: string, ts: number, price = '77599') =>
    `{"action":"update",${arg('books', 'COIN-FUTURES', 'BTCUSD')},"data":[{"asks":[],"bids":[["${price}","1"]],"ts":"${ts}","seq":${seq},"pseq":${pseq}}],"ts":${ts}}`;
  const whole = (seq: string, ts: number) => change(seq, '0', ts, '77600').replace('update', 'snapshot');
  const follow = (frames: string[]) => {
    const mapper = futures.createMapper();
    const book = new Book(futures.book);
    const states = frames.map((frame) => {
      const reading = mapper.read(frame, RECEIVED_AT);
      for (const event of reading.kind === 'events' ? reading.events : []) {
        if (event.type === 'book') book.apply(event);
      }
      return book.state;
    });
    return { book, states };
  };
  const START = 1_789_456_500_000;

  test('follow sequences beyond 2^53 to the last digit', () => {
    const frames = [
      whole('1483653649371725838', START),
      change('1483653649791156272', '1483653649371725838', START + 100),
      change('1483653649791156274', '1483653649791156273', START + 200),
    ];
    const { book, states } = follow(frames);
    expect(states).toEqual(['live', 'live', 'stale']);
    expect(book.counters.gaps).toBe(1);
  });

  test('may be overlapped by their first change, and by no other', () => {
    const overlapping = change('1483653649371725840', '1483653649371725830', START + 100);
    const after = change('1483653649371725850', '1483653649371725838', START + 200);
    const { states } = follow([whole('1483653649371725838', START), overlapping, after]);
    expect(states).toEqual(['live', 'live', 'stale']);
  });

  test('are stale when the counter falls or starts anew, and are not set back by repeated frames', () => {
    const first = whole('5000', START);
    const second = change('5010', '5000', START + 100);
    expect(follow([first, second, change('12', '11', START + 200)]).states.at(-1)).toBe('stale');
    expect(follow([first, second, change('5020', '0', START + 200)]).states.at(-1)).toBe('stale');
    const { book, states } = follow([first, second, first, second, second]);
    expect(new Set(states)).toEqual(new Set(['live']));
    expect(book.counters).toMatchObject({ updates: 1, gaps: 0 });
  });

  test('without a sequence, as recordings of old have them, are refused: nothing could prove them', () => {
    expect(() => follow([whole('1', START).replace('"seq":1,', '')])).toThrow(RejectError);
  });
});
