import { describe, expect, test } from '@jest/globals';
import type { MarketEvent } from '../../domain/market.ts';
import { RejectError, UserError } from '../../errors.ts';
import { Book } from '../book.ts';
import { RECEIVED_AT, testAdapter } from '../testing/conformance.ts';
import { createKucoin } from './kucoin.ts';
import { spellKucoinSymbol, unifyKucoinSymbol } from './kucoin-symbols.ts';

/** Frames of KuCoin's documentation of its unified WebSocket (pages 3470354w0, 3470356w0 and 3470359w0), abridged. */
const TRADE =
  '{"T":"trade.SPOT","P":1768802538491160904,"d":{"E":20631804219899904,"M":1768802538480000000,"S":"sell","p":"92525.6","q":"0.00008036","s":"BTC-USDT","ti":"20631804219899904"}}';
const WHOLE =
  '{"T":"obu.SPOT","dp":"increment@10ms","t":"snapshot","P":1781672136238555550,"d":{"C":33629695387,"M":1781672136233000000,"O":33629695387,"a":[["65947.10","0.5"]],"b":[["65947","0.02"],["65946.6","1"]],"s":"BTC-USDT"}}';
const DELTA =
  '{"T":"obu.SPOT","dp":"increment@10ms","t":"delta","P":1781672136338555550,"d":{"C":33629695393,"M":1781672136333000000,"O":33629695388,"a":[],"b":[["65946.6","0"],["65947","0.06185847"]],"s":"BTC-USDT"}}';
const BEST =
  '{"T":"obu.SPOT","dp":"1","t":"snapshot","P":1768217874990007701,"d":{"C":25984468414,"M":1768217874986000000,"O":25984468414,"a":[["90701.2","0.5771583"]],"b":[["90701.1","0.13918404"]],"s":"BTC-USDT"}}';
const KLINE =
  '{"T":"kline.SPOT","P":1776090720846219590,"d":{"o":"71725.1","c":"71728.1","l":"71725.1","h":"71728.1","S":false,"v":"0.01504768","i":"1min","a":"1079.297822768","C":1776090780,"s":"BTC-USDT","O":1776090720}}';

const venue = createKucoin();
const origin = { venue: 'kucoin', symbol: 'BTC/USDT', receivedAt: RECEIVED_AT };
const candle = {
  ...{ type: 'candle', ...origin, interval: '1m', closed: false, ts: 1_776_090_720_000 },
  ...{ open: '71725.1', high: '71728.1', low: '71725.1', close: '71728.1', volume: '0.01504768' },
};

testAdapter({
  venue,
  symbol: 'BTC/USDT',
  events: [
    {
      name: 'a trade, whose id is a number beyond 2^53',
      frame: TRADE,
      events: [
        {
          ...{ type: 'trade', ...origin, id: '20631804219899904', price: '92525.6', size: '0.00008036' },
          ...{ side: 'sell', ts: 1_768_802_538_480 },
        },
      ],
    },
    {
      name: 'a whole book',
      frame: WHOLE,
      events: [
        {
          ...{ type: 'book', ...origin, kind: 'snapshot', first: 33_629_695_387, last: 33_629_695_387 },
          bids: [
            ['65947', '0.02'],
            ['65946.6', '1'],
          ],
          ...{ asks: [['65947.1', '0.5']], ts: 1_781_672_136_233 },
        },
      ],
    },
    {
      name: 'a change of the book',
      frame: DELTA,
      events: [
        {
          ...{ type: 'book', ...origin, kind: 'delta', first: 33_629_695_388, last: 33_629_695_393 },
          bids: [
            ['65946.6', '0'],
            ['65947', '0.06185847'],
          ],
          ...{ asks: [], ts: 1_781_672_136_333 },
        },
      ],
    },
    {
      name: 'best bid and ask',
      frame: BEST,
      events: [
        {
          ...{ type: 'quote', ...origin, bid: '90701.1', bidSize: '0.13918404', ask: '90701.2' },
          ...{ askSize: '0.5771583', ts: 1_768_217_874_986 },
        },
      ],
    },
    { name: 'an open candle', frame: KLINE, events: [candle] },
  ],
  control: [
    '{"sessionId":"e8e46556-ae1d-4871-be0b-4efeaa5f2f6a","message":"welcome","pingInterval":18000}',
    '{"id":"book-BTC-USDT","result":true}',
    '{"id":"book-BTC-USDT","result":"true"}',
    '{"id":"leave-book-BTC-USDT","result":true}',
    '{"id":"book-BTC-USDT","result":false,"message":"invalid request data"}',
    '{"id":"1","type":"error","code":415,"data":"type is not supported"}',
    '{"type":"pong","id":"ping","ts":1790113111261396000}',
  ],
  ignored: [
    '{"T":"ticker.SPOT","P":1768206966101166007,"d":{"A":"0.97675941","B":"0.02052839","E":25958853459,"M":1768206966096000000,"S":"BUY","a":"90968.2","b":"90968.1","l":"90968.2","q":"0.00109929","s":"BTC-USDT"}}',
    BEST.replace('"dp":"1"', '"dp":"50"'),
    KLINE.replace('1min', '3min'),
    BEST.replace('[["90701.2","0.5771583"]]', '[]'),
  ],
});

const read = (frame: string, mapper = venue.createMapper()) => mapper.read(frame, RECEIVED_AT);

describe('KuCoin symbols', () => {
  test.each([
    ['BTC-USDT', 'BTC/USDT'],
    ['KALT-USDT', 'ALT/USDT'],
    ['WAX-BTC', 'WAXP/BTC'],
  ])('%s is %s, and back', (wire, symbol) => {
    expect(unifyKucoinSymbol(wire)).toBe(symbol);
    expect(spellKucoinSymbol(symbol)).toBe(wire);
  });

  test('of other markets are refused', () => {
    expect(() => unifyKucoinSymbol('XBTUSDTM')).toThrow(RejectError);
    expect(() => spellKucoinSymbol('BTC/USDT:USDT')).toThrow(UserError);
  });
});

describe('KuCoin frames', () => {
  test.each([
    ['a side of neither kind', TRADE.replace('sell', 'hold')],
    ['a time in milliseconds', TRADE.replace('"M":1768802538480000000', '"M":1768802538480')],
    ['an id that is no number', TRADE.replace('"20631804219899904"', '"x"')],
    ['a number beyond 2^53', DELTA.replace('33629695393', '9007199254740993')],
    ['one bad level among good ones', DELTA.replace('"65947"', '"6.5.9"')],
    ['a kind that is neither snapshot nor delta', DELTA.replace('delta', 'update')],
  ])('with %s are refused whole', (_name, frame) => {
    expect(() => read(frame)).toThrow(RejectError);
  });

  test('ask for one symbol each, with an id that names it in the answer', () => {
    const wanted = venue.subscribe([
      { channel: 'trades', symbol: 'BTC/USDT' },
      { channel: 'book', symbol: 'BTC/USDT' },
      { channel: 'quotes', symbol: 'BTC/USDT' },
      { channel: 'candles', symbol: 'BTC/USDT', interval: '1h' },
    ]);
    const request = { action: 'subscribe', tradeType: 'SPOT', symbol: 'BTC-USDT' };
    expect(wanted.map((text) => JSON.parse(text))).toEqual([
      { id: 'trades-BTC-USDT', ...request, channel: 'trade' },
      { id: 'book-BTC-USDT', ...request, channel: 'obu', depth: 'increment@10ms' },
      { id: 'quotes-BTC-USDT', ...request, channel: 'obu', depth: '1' },
      { id: 'candles-BTC-USDT', ...request, channel: 'kline', interval: '1hour' },
    ]);
    expect(venue.unsubscribe([{ channel: 'book', symbol: 'BTC/USDT' }])[0]).toContain(
      '"id":"leave-book-BTC-USDT"',
    );
    expect(() => venue.subscribe([{ channel: 'candles', symbol: 'BTC/USDT', interval: '1s' }])).toThrow(
      UserError,
    );
    expect(read('{"id":"book-BTC-USDT","result":false,"reason":"no such symbol"}')).toEqual({
      kind: 'control',
      control: { type: 'refused', reason: 'no such symbol (book-BTC-USDT)' },
    });
  });

  test('close a candle with the first word of the next', () => {
    const mapper = venue.createMapper();
    read(KLINE.replace('"c":"71728.1"', '"c":"71726"'), mapper);
    read(KLINE, mapper);
    const next = KLINE.replace('"O":1776090720', '"O":1776090780');
    expect(read(next, mapper)).toEqual({
      kind: 'events',
      events: [
        { ...candle, closed: true },
        { ...candle, ts: candle.ts + 60_000 },
      ],
    });
    expect(read(KLINE, mapper)).toEqual({ kind: 'events', events: [] });
  });
});

describe('KuCoin’s books', () => {
  const frame = (kind: string, O: number, C: number, bids: [string, string][], at = C) =>
    `{"T":"obu.SPOT","dp":"increment@10ms","t":"${kind}","P":1,"d":{"C":${C},"M":${1_768_217_874_000 + at}000000,"O":${O},"a":[],"b":${JSON.stringify(bids)},"s":"BTC-USDT"}}`;
  const follow = (...frames: string[]) => {
    const mapper = venue.createMapper();
    const book = new Book(venue.book);
    const states = frames.map((text) => {
      const reading = read(text, mapper);
      const events: MarketEvent[] = reading.kind === 'events' ? reading.events : [];
      for (const event of events) if (event.type === 'book') book.apply(event);
      return book.state;
    });
    return { book, states };
  };
  const whole = frame('snapshot', 10, 10, [['100', '1']]);

  test('go on with a change that begins with the next number, or before it and ends behind', () => {
    const { book, states } = follow(
      whole,
      frame('delta', 11, 13, [['99', '1']]),
      frame('delta', 12, 15, [['98', '1']]),
      frame('delta', 14, 15, [['97', '1']]),
    );
    expect(new Set(states)).toEqual(new Set(['live']));
    expect(book.top(5).bids.map(([price]) => price)).toEqual(['100', '99', '98']);
    expect(book.counters).toMatchObject({ gaps: 0, updates: 2 });
  });

  test('are stale from the first change that leaves a number out, and right with the next whole one', () => {
    const { book, states } = follow(
      whole,
      frame('delta', 12, 13, [['99', '1']]),
      frame('delta', 14, 14, [['98', '1']]),
      frame('snapshot', 20, 20, [['96', '1']]),
      frame('delta', 21, 22, [['95', '1']]),
    );
    expect(states).toEqual(['live', 'stale', 'stale', 'live', 'live']);
    expect(book.top(5).bids.map(([price]) => price)).toEqual(['96', '95']);
    expect(book.counters).toMatchObject({ gaps: 1, resyncs: 1 });
  });

  test('begin anew with lower numbers and a later time, and are not set back by a repeated frame', () => {
    const { book, states } = follow(
      whole,
      frame('delta', 11, 12, [['99', '1']]),
      whole,
      frame('snapshot', 3, 3, [['50', '1']], 500),
      frame('delta', 4, 4, [['49', '1']], 501),
    );
    expect(new Set(states)).toEqual(new Set(['live']));
    expect(book.top(5).bids.map(([price]) => price)).toEqual(['50', '49']);
    expect(book.counters).toMatchObject({ gaps: 0, resyncs: 1 });
  });
});
