import { describe, expect, test } from '@jest/globals';
import type { BookUpdate, Level } from '../../domain/market.ts';
import { RejectError } from '../../errors.ts';
import { Book } from '../book.ts';
import { RECEIVED_AT, testAdapter } from '../testing/conformance.ts';
import { createOkx } from './okx.ts';

const okx = createOkx('spot');
const swap = createOkx('swap');
const push = (channel: string, instId: string, row: string, action = '') =>
  `{"arg":{"channel":"${channel}","instId":"${instId}"},${action && `"action":"${action}",`}"data":[${row}]}`;
const TRADE =
  '{"instId":"BTC-USDT","tradeId":"130639474","px":"42219.90","sz":"0.12060306","side":"buy","ts":"1630048897897"';
const AGGREGATED = push('trades', 'BTC-USDT', `${TRADE},"count":"3","source":"0","seqId":1234}`);
const SINGLE = push('trades-all', 'BTC-USDT', `${TRADE},"source":"0"}`);
const trade = {
  ...{ type: 'trade', venue: 'okx', symbol: 'BTC/USDT', id: '130639474', price: '42219.9' },
  ...{ size: '0.12060306', side: 'buy', ts: 1_630_048_897_897, receivedAt: RECEIVED_AT },
};
const bookRow = (ids: string) =>
  `{"asks":[["8476.98","415","0","13"]],"bids":[["8476.97","0","0","0"]],"ts":"1597026383085","checksum":-855196043,${ids}}`;
const book = {
  ...{ type: 'book', venue: 'okx', symbol: 'BTC/USDT', bids: [['8476.97', '0']], asks: [['8476.98', '415']] },
  ...{ ts: 1_597_026_383_085, receivedAt: RECEIVED_AT },
};
const candle = (channel: string, confirm: string) =>
  push(
    channel,
    'BTC-USDT',
    `["1597026360000","8533.02","8553.74","8527.17","8548.26","45247","529.58","5529.58",${confirm}]`,
  );

testAdapter({
  venue: okx,
  symbol: 'BTC/USDT',
  events: [
    { name: 'a trade of one match', frame: SINGLE, events: [trade] },
    { name: 'a trade of several matches, by the id of the last', frame: AGGREGATED, events: [trade] },
    {
      name: 'a whole book',
      frame: push('books', 'BTC-USDT', bookRow('"prevSeqId":-1,"seqId":123456'), 'snapshot'),
      events: [{ ...book, kind: 'snapshot', last: 123_456 }],
    },
    {
      name: 'a change of the book, its checksum passed over',
      frame: push('books', 'BTC-USDT', bookRow('"prevSeqId":123456,"seqId":123457'), 'update'),
      events: [{ ...book, kind: 'delta', last: 123_457, prev: 123_456 }],
    },
    {
      name: 'the best bid and ask',
      frame: push(
        'bbo-tbt',
        'BTC-USDT',
        bookRow('"seqId":363996337').replace('"8476.97","0"', '"8476.97","5"'),
      ),
      events: [
        {
          ...{ type: 'quote', venue: 'okx', symbol: 'BTC/USDT', bid: '8476.97', bidSize: '5' },
          ...{ ask: '8476.98', askSize: '415', ts: 1_597_026_383_085, receivedAt: RECEIVED_AT },
        },
      ],
    },
    {
      name: 'a candle that is not closed',
      frame: candle('candle1m', '"0"'),
      events: [
        {
          ...{ type: 'candle', venue: 'okx', symbol: 'BTC/USDT', interval: '1m', open: '8533.02' },
          ...{ high: '8553.74', low: '8527.17', close: '8548.26', volume: '45247', closed: false },
          ...{ ts: 1_597_026_360_000, receivedAt: RECEIVED_AT },
        },
      ],
    },
  ],
  control: [
    'pong',
    '{"id":"1512","event":"subscribe","arg":{"channel":"books","instId":"BTC-USDT"},"connId":"a4d3ae55"}',
    '{"event":"unsubscribe","arg":{"channel":"books","instId":"BTC-USDT"},"connId":"a4d3ae55"}',
    '{"event":"error","code":"60012","msg":"Invalid request: {}","connId":"a4d3ae55"}',
    '{"event":"notice","code":"64008","msg":"The connection will soon be closed.","connId":"a4d3ae55"}',
    '{"event":"channel-conn-count","channel":"orders","connCount":"2","connId":"abcd1234"}',
  ],
  ignored: [
    candle('candle1D', '"1"'),
    push('books5', 'BTC-USDT', bookRow('"seqId":123456')),
    push(
      'open-interest',
      'BTC-USDT-SWAP',
      '{"instId":"BTC-USDT-SWAP","oi":"5000","oiCcy":"555.55","ts":"1743041250440"}',
    ),
    push(
      'tickers',
      'BTC-USDT',
      '{"instId":"BTC-USDT","askPx":"","askSz":"","bidPx":"","bidSz":"","ts":"1597026383085"}',
    ),
  ],
});

testAdapter({
  venue: swap,
  symbol: 'WNCG/USDT:USDT',
  events: [
    {
      name: 'a ticker, its sizes in contracts',
      frame: push(
        'tickers',
        'WNCG-USDT-SWAP',
        '{"instType":"SWAP","instId":"WNCG-USDT-SWAP","last":"2.1729","lastSz":"0","askPx":"2.1738","askSz":"168","bidPx":"2.1737","bidSz":"2","ts":"1640131263109"}',
      ),
      events: [
        {
          ...{ type: 'quote', venue: 'okx', symbol: 'WNCG/USDT:USDT', bid: '2.1737', bidSize: '2' },
          ...{ ask: '2.1738', askSize: '168', ts: 1_640_131_263_109, receivedAt: RECEIVED_AT },
        },
      ],
    },
  ],
  control: ['pong'],
  ignored: [push('estimated-price', 'WNCG-USDT-SWAP', '{"instId":"WNCG-USDT-SWAP","settlePx":"2.17"}')],
});

describe('an OKX symbol', () => {
  test.each([
    ['BTC-USDT', 'BTC/USDT'],
    ['BTC-USDT-SWAP', 'BTC/USDT:USDT'],
    ['BTC-USD-SWAP', 'BTC/USD:BTC'],
    ['BTC-USDC-SWAP', 'BTC/USDC:USDC'],
    ['BTC-USD-260327', 'BTC/USD:BTC-260327'],
    ['BTC-USDT-260327', 'BTC/USDT:USDT-260327'],
  ])('%s is %s', (instId, symbol) => {
    expect(okx.unifiedSymbol(instId)).toBe(symbol);
    expect(okx.wireSymbol(symbol)).toBe(instId);
  });

  test.each(['BTC', 'BTC-USD-260327-50000-C', 'BTC-USD-PERP', '__proto__-USD', ''])(
    '%s is none',
    (instId) => {
      expect(() => okx.unifiedSymbol(instId)).toThrow(RejectError);
    },
  );
});

describe('OKX frames', () => {
  test('of single trades silence aggregated ones of the same symbol', () => {
    const mapper = okx.createMapper();
    const kinds = [AGGREGATED, SINGLE, AGGREGATED].map((frame) => mapper.read(frame, RECEIVED_AT).kind);
    expect(kinds).toEqual(['events', 'events', 'ignored']);
  });

  test('that announce an upgrade ask for a new connection, an error is a refusal with its reason', () => {
    const read = (frame: string) => okx.createMapper().read(frame, RECEIVED_AT);
    expect(read('{"event":"notice","code":"64008","msg":"soon"}')).toMatchObject({
      control: { type: 'reconnect' },
    });
    expect(read('{"event":"error","code":"60018","msg":"Wrong URL or channel"}')).toMatchObject({
      control: { type: 'refused', reason: 'Wrong URL or channel' },
    });
  });

  test.each([
    ['a side that is nobody’s', SINGLE.replace('"buy"', '"none"')],
    ['a price that is a number', SINGLE.replace('"42219.90"', '42219.9')],
    ['an id that is no number', SINGLE.replace('130639474', '13x')],
    ['a time in seconds', SINGLE.replace('1630048897897', '1630048897')],
    ['a book of no kind', push('books', 'BTC-USDT', bookRow('"seqId":1'))],
    ['a candle neither open nor closed', candle('candle1m', '"2"')],
  ])('with %s are refused', (_name, frame) => {
    expect(() => okx.createMapper().read(frame, RECEIVED_AT)).toThrow(RejectError);
  });
});

test('single trades and candles go to the business address, and no message is too long', () => {
  expect(okx.streamUrls).toEqual({
    trades: 'wss://ws.okx.com:8443/ws/v5/business',
    candles: 'wss://ws.okx.com:8443/ws/v5/business',
  });
  const many = Array.from({ length: 500 }, (_, i) => ({ channel: 'trades' as const, symbol: `A${i}/USDT` }));
  const messages = okx.subscribe(many);
  expect(messages.length).toBe(3);
  expect(messages.every((message) => message.length < 65_536)).toBe(true);
  expect(JSON.parse(messages[0] as string).args[0]).toEqual({ channel: 'trades-all', instId: 'A0-USDT' });
});

describe('an OKX book', () => {
  const origin = { type: 'book', venue: 'okx', symbol: 'BTC/USDT', receivedAt: 1 } as const;
  const whole = (last: number | undefined, ts: number): BookUpdate => ({
    ...origin,
    ...{ kind: 'snapshot', bids: [['100', '1']], asks: [['101', '1']], ts },
    ...(last !== undefined && { last }),
  });
  const change = (prev: number, last: number, ts: number, bids: Level[] = []): BookUpdate => ({
    ...origin,
    ...{ kind: 'delta', bids, asks: [], prev, last, ts },
  });
  const open = (...updates: BookUpdate[]) => {
    const held = new Book(okx.book);
    for (const update of updates) held.apply(update);
    return held;
  };

  test('follows by the id before, through a keep-alive and a reset of the counter', () => {
    const held = open(whole(10, 1), change(10, 15, 2), change(15, 15, 3), change(15, 3, 4), change(3, 5, 5));
    expect(held.state).toBe('live');
    expect(held.counters).toMatchObject({ updates: 4, gaps: 0 });
    expect(held.id).toBe(5);
  });

  test('passes over a repeated change, early or late', () => {
    const first = change(10, 15, 2, [['100', '2']]);
    const held = open(
      whole(10, 1),
      first,
      first,
      change(15, 20, 3, [['100', '3']]),
      first,
      change(20, 21, 4),
    );
    expect(held.state).toBe('live');
    expect(held.counters).toMatchObject({ updates: 3, gaps: 0 });
    expect(held.top(1).bids).toEqual([['100', '3']]);
  });

  test.each([
    ['a lost change', [change(15, 20, 3)]],
    ['a lost reset', [change(10, 15, 2), change(3, 5, 4)]],
    ['a keep-alive after a lost change', [change(15, 15, 60_000)]],
    ['changes out of order', [change(15, 20, 3), change(10, 15, 2)]],
  ])('goes stale at %s, and is right again after the next whole book', (_name, updates) => {
    const held = open(whole(10, 1), ...updates);
    expect(held.state).toBe('stale');
    expect(held.counters.gaps).toBe(1);
    held.apply(change(7, 8, 70_000, [['100', '9']]));
    expect(held.apply(whole(8, 70_001))).toBe('live');
    expect(held.apply(change(8, 9, 70_002))).toBe('live');
    expect(held.top(1).bids).toEqual([['100', '1']]);
    expect(held.counters).toMatchObject({ gaps: 1, resyncs: 1 });
  });

  test('of a recording without ids takes every change as it comes, and none from before it began', () => {
    const bare: BookUpdate = { ...origin, kind: 'delta', bids: [['100', '2']], asks: [], ts: 2 };
    const held = open(bare, whole(undefined, 1));
    expect(held.top(1).bids).toEqual([['100', '1']]);
    held.apply(bare);
    expect(held.counters).toMatchObject({ updates: 1, gaps: 0, staleBeforeSnapshot: 1 });
  });
});

test('the funding rate of a swap and the mark price of a contract', () => {
  const of = (channel: string, instId: string, row: string) =>
    swap.createMapper().read(push(channel, instId, row), RECEIVED_AT);
  const funding =
    '"fundingRate":"-0.0000515","fundingTime":"1790006400000","instId":"BTC-USDT-SWAP","instType":"SWAP","nextFundingRate":"","nextFundingTime":"1790035200000"';
  const told = { type: 'funding', venue: 'okx', symbol: 'BTC/USDT:USDT', rate: '-0.0000515' };
  const due = { nextFundingTs: 1_790_006_400_000, receivedAt: RECEIVED_AT };
  expect(of('funding-rate', 'BTC-USDT-SWAP', `{${funding},"ts":"1789999000000"}`)).toEqual({
    kind: 'events',
    events: [{ ...told, ...due, ts: 1_789_999_000_000 }],
  });
  expect(of('funding-rate', 'BTC-USDT-SWAP', `{${funding}}`)).toEqual({
    kind: 'events',
    events: [{ ...told, ...due, ts: RECEIVED_AT }],
  });
  const mark = '{"instId":"BTC-USD-260327","instType":"FUTURES","markPx":"42310.60","ts":"1630049139746"}';
  expect(of('mark-price', 'BTC-USD-260327', mark)).toEqual({
    kind: 'events',
    events: [
      {
        ...{ type: 'mark', venue: 'okx', symbol: 'BTC/USD:BTC-260327', price: '42310.6' },
        ...{ ts: 1_630_049_139_746, receivedAt: RECEIVED_AT },
      },
    ],
  });
  expect(() => of('funding-rate', 'BTC-USDT-SWAP', '{"instId":"BTC-USDT-SWAP"}')).toThrow(RejectError);
  expect(createOkx('futures').channels).not.toContain('funding');
});
