import { describe, expect, test } from '@jest/globals';
import { RejectError, UserError } from '../../errors.ts';
import { Book } from '../book.ts';
import { RECEIVED_AT, testAdapter } from '../testing/conformance.ts';
import type { Mapper, Reading } from '../venue.ts';
import { createCoinbase } from './coinbase.ts';

const venue = createCoinbase();
const START = Date.UTC(2026, 3, 7, 14, 30);
const timeOf = (number: number) => new Date(START + number).toISOString();
const message = (channel: string, number: number, events: object[], ts = timeOf(number)) =>
  JSON.stringify({ channel, client_id: '', timestamp: ts, sequence_num: number, events });
const origin = { venue: 'coinbase', symbol: 'BTC/USD', receivedAt: RECEIVED_AT };

const trades = (number: number, ids: number[], type = 'update', ts?: string) =>
  message(
    'market_trades',
    number,
    [
      {
        type,
        trades: ids.map((id) => ({
          ...{
            trade_id: String(id),
            product_id: 'BTC-USD',
            price: '68900.50',
            size: '0.00150000',
            side: 'BUY',
          },
          time: '2026-04-07T14:30:02.789012Z',
        })),
      },
    ],
    ts,
  );
const trade = (id: number) => ({
  ...{ type: 'trade', ...origin, id: String(id), price: '68900.5', size: '0.0015', side: 'sell' },
  ts: Date.UTC(2026, 3, 7, 14, 30, 2, 789),
});
const level2 = (
  number: number,
  type: string,
  updates: [string, string, string][],
  product = 'BTC-USD',
  ts?: string,
) =>
  message(
    'l2_data',
    number,
    [
      {
        ...{ type, product_id: product },
        updates: updates.map(([side, price_level, new_quantity]) => ({
          ...{ side, event_time: '2026-04-07T14:30:01.456789Z', price_level, new_quantity },
        })),
      },
    ],
    ts,
  );
const candle = (start: number, close: string) => ({
  ...{ start: String(start), high: '68950.00', low: '68850.00', open: '68900.00', close },
  ...{ volume: '42.15000000', product_id: 'BTC-USD' },
});
const mappedCandle = {
  ...{
    type: 'candle',
    ...origin,
    interval: '5m',
    open: '68900',
    high: '68950',
    low: '68850',
    close: '68920.5',
  },
  ...{ volume: '42.15', closed: false, ts: 1_775_521_800_000 },
};
const heartbeat = (number: number) =>
  message('heartbeats', number, [{ current_time: '2026-04-07 14:30:10 +0000 UTC', heartbeat_counter: 42 }]);
const ack = (number: number) =>
  message('subscriptions', number, [{ subscriptions: { level2: ['BTC-USD'] } }]);

testAdapter({
  venue,
  symbol: 'BTC/USD',
  events: [
    {
      name: 'trades, the side turned into the taker’s',
      frame: trades(5, [995_098_700, 995_098_701]),
      events: [trade(995_098_700), trade(995_098_701)],
    },
    {
      name: 'a whole book',
      frame: level2(
        1,
        'snapshot',
        [
          ['bid', '21921.73', '0.06317902'],
          ['bid', '2.505e-05', '1'],
          ['offer', '21921.74', '0.50000000'],
        ],
        'BTC-USD',
        '2023-02-09T20:32:50.714964855Z',
      ),
      events: [
        {
          ...{ type: 'book', ...origin, kind: 'snapshot', first: 1, last: 1 },
          bids: [
            ['21921.73', '0.06317902'],
            ['0.00002505', '1'],
          ],
          asks: [['21921.74', '0.5']],
          ts: Date.UTC(2023, 1, 9, 20, 32, 50, 714),
        },
      ],
    },
    {
      name: 'a change of the book',
      frame: level2(7, 'update', [
        ['bid', '68900.00', '2.00000000'],
        ['offer', '68901.00', '0.00000000'],
      ]),
      events: [
        {
          ...{ type: 'book', ...origin, kind: 'delta', first: 7, last: 7, ts: START + 7 },
          ...{ bids: [['68900', '2']], asks: [['68901', '0']] },
        },
      ],
    },
    {
      name: 'best bid and ask',
      frame: message('ticker', 12, [
        {
          type: 'snapshot',
          tickers: [
            {
              ...{ type: 'ticker', product_id: 'BTC-USD', price: '68900.50', volume_24_h: '15328.12345678' },
              ...{ best_bid: '68900.00', best_bid_quantity: '1.50000000' },
              ...{ best_ask: '68901.00', best_ask_quantity: '0.50000000' },
            },
          ],
        },
      ]),
      events: [
        {
          type: 'quote',
          ...origin,
          bid: '68900',
          bidSize: '1.5',
          ask: '68901',
          askSize: '0.5',
          ts: START + 12,
        },
      ],
    },
    {
      name: 'an open candle of five minutes',
      frame: message('candles', 3, [{ type: 'update', candles: [candle(1_775_521_800, '68920.50')] }]),
      events: [mappedCandle],
    },
  ],
  control: [heartbeat(0), ack(0), '{"type":"error","message":"authentication failure"}'],
  ignored: [message('status', 0, [{ type: 'snapshot', products: [] }])],
});

const eventsOf = (reading: Reading) => (reading.kind === 'events' ? reading.events : []);

describe('Coinbase frames', () => {
  test.each([
    ['a side of neither kind', trades(1, [1]).replace('BUY', 'HOLD')],
    ['a side of no book', level2(1, 'update', [['middle', '1', '1']])],
    ['a trade id that is no number', trades(1, [1]).replace('"1"', '"x1"')],
    ['no number', trades(1, [1]).replace('"sequence_num":1,', '')],
    ['a perpetual’s name', trades(1, [1]).replace('BTC-USD', 'BTC-PERP-INTX')],
  ])('with %s are refused whole', (_name, frame) => {
    expect(() => venue.createMapper().read(frame, RECEIVED_AT)).toThrow(RejectError);
  });

  test('with tickers that have no best bid and ask give no quote', () => {
    const frame = message('ticker_batch', 0, [
      { type: 'update', tickers: [{ product_id: 'BTC-USD', price: '1', best_bid: '', best_ask: '' }] },
    ]);
    expect(venue.createMapper().read(frame, RECEIVED_AT)).toEqual({ kind: 'events', events: [] });
  });

  test('of trades come out once and oldest first, whatever a snapshot repeats', () => {
    const mapper = venue.createMapper();
    const ids = (frame: string) =>
      eventsOf(mapper.read(frame, RECEIVED_AT)).map((event) => (event.type === 'trade' ? event.id : ''));
    expect(ids(trades(0, [7, 6, 5], 'snapshot'))).toEqual(['5', '6', '7']);
    expect(ids(trades(1, [8]))).toEqual(['8']);
    expect(ids(trades(2, [9, 8, 7], 'snapshot'))).toEqual(['9']);
  });

  test('of candles close one with the first word of the next, also within a snapshot', () => {
    const mapper = venue.createMapper();
    const candles = [candle(1_775_522_100, '68930'), candle(1_775_521_800, '68920.50')];
    const frame = message('candles', 0, [{ type: 'snapshot', candles }]);
    expect(eventsOf(mapper.read(frame, RECEIVED_AT))).toEqual([
      mappedCandle,
      { ...mappedCandle, closed: true },
      { ...mappedCandle, close: '68930', ts: 1_775_522_100_000 },
    ]);
  });

  test('of a product in USDC come under its twin in USD, and are given the name that was asked for', () => {
    const read = (symbols: string[]) =>
      eventsOf(venue.createMapper(symbols).read(trades(0, [1]), RECEIVED_AT))[0]?.symbol;
    expect(read(['BTC/USDC'])).toBe('BTC/USDC');
    expect(read(['BTC/USDC', 'BTC/USD'])).toBe('BTC/USD');
  });
});

test('Coinbase is always asked for heartbeats, and for each channel once', () => {
  const messages = venue.subscribe([
    { channel: 'book', symbol: 'BTC/USD' },
    { channel: 'book', symbol: 'ETH/USD' },
    { channel: 'candles', symbol: 'BTC/USD', interval: '5m' },
  ]);
  expect(messages.map((text) => JSON.parse(text))).toEqual([
    { type: 'subscribe', channel: 'heartbeats' },
    { type: 'subscribe', product_ids: ['BTC-USD', 'ETH-USD'], channel: 'level2' },
    { type: 'subscribe', product_ids: ['BTC-USD'], channel: 'candles' },
  ]);
  expect(() => venue.wireSymbol('BTC/USD:USD')).toThrow(UserError);
});

describe('the numbers of Coinbase’s frames', () => {
  const books = new Map<string, Book>();
  const tell = (mapper: Mapper, frame: string) => {
    const reading = mapper.read(frame, RECEIVED_AT);
    for (const event of eventsOf(reading)) {
      if (event.type !== 'book') continue;
      const book = books.get(event.symbol) ?? new Book(venue.book);
      books.set(event.symbol, book);
      book.apply(event);
    }
    return reading;
  };
  const states = () => [...books.values()].map(({ state }) => state);
  const begin = () => {
    books.clear();
    const mapper = venue.createMapper();
    for (const frame of [
      ack(0),
      level2(1, 'snapshot', [['bid', '100', '1']]),
      level2(2, 'snapshot', [['bid', '10', '1']], 'ETH-USD'),
      heartbeat(3),
      level2(4, 'update', [['bid', '99', '1']]),
    ]) {
      tell(mapper, frame);
    }
    expect(states()).toEqual(['live', 'live']);
    return mapper;
  };

  test('run over all channels: another channel’s frames are no gap for a book', () => {
    const mapper = begin();
    tell(mapper, trades(5, [1]));
    tell(mapper, level2(6, 'update', [['bid', '9', '1']], 'ETH-USD'));
    expect(states()).toEqual(['live', 'live']);
    expect([...books.values()].map(({ counters }) => counters.gaps)).toEqual([0, 0]);
  });

  test.each([
    ['a heartbeat', heartbeat(6)],
    ['a trade', trades(6, [1])],
    ['an update of one book', level2(6, 'update', [['bid', '98', '1']])],
  ])('show a lost frame in %s: every book is stale at once, and the connection is left', (_name, frame) => {
    const mapper = begin();
    const reading = tell(mapper, frame);
    expect(reading).toMatchObject({ control: { type: 'reconnect' } });
    expect(states()).toEqual(['stale', 'stale']);
    expect([...books.values()].map(({ counters }) => counters.gaps)).toEqual([1, 1]);
    tell(mapper, heartbeat(7));
    tell(mapper, level2(8, 'update', [['bid', '97', '1']]));
    expect(states()).toEqual(['stale', 'stale']);
    expect([...books.values()].map(({ counters }) => counters.gaps)).toEqual([1, 1]);
    tell(mapper, level2(9, 'snapshot', [['bid', '50', '1']]));
    tell(mapper, level2(10, 'update', [['bid', '49', '1']]));
    expect(states()).toEqual(['live', 'stale']);
    expect(books.get('BTC/USD')?.top(5).bids).toEqual([
      ['50', '1'],
      ['49', '1'],
    ]);
  });

  test('keep a trade that comes late, and leave out what comes twice', () => {
    const mapper = begin();
    expect(eventsOf(tell(mapper, trades(6, [12])))).toContainEqual(trade(12));
    expect(eventsOf(tell(mapper, trades(5, [11])))).toEqual([trade(11)]);
    expect(tell(mapper, trades(5, [11]))).toEqual({ kind: 'ignored' });
    expect(tell(mapper, trades(6, [12]))).toEqual({ kind: 'ignored' });
    expect(tell(mapper, heartbeat(7))).toMatchObject({ kind: 'control' });
  });

  test('show a frame of a book that was refused, but not one of another channel', () => {
    const mapper = begin();
    expect(() => tell(mapper, trades(5, [1]).replace('BUY', '?'))).toThrow(RejectError);
    tell(mapper, heartbeat(6));
    expect(states()).toEqual(['live', 'live']);
    expect(() => tell(mapper, level2(7, 'update', [['bid', 'x', '1']]))).toThrow(RejectError);
    tell(mapper, heartbeat(8));
    expect(states()).toEqual(['stale', 'stale']);
  });

  test('begin anew with a new connection: its whole books make the books right again', () => {
    const mapper = begin();
    const later = (number: number) => timeOf(60_000 + number);
    tell(mapper, message('subscriptions', 0, [], later(0)));
    expect(states()).toEqual(['stale', 'stale']);
    tell(mapper, level2(1, 'snapshot', [['bid', '70', '1']], 'BTC-USD', later(1)));
    tell(mapper, level2(2, 'snapshot', [['bid', '7', '1']], 'ETH-USD', later(2)));
    tell(mapper, level2(3, 'update', [['bid', '69', '1']], 'BTC-USD', later(3)));
    expect(states()).toEqual(['live', 'live']);
    expect(books.get('BTC/USD')?.top(5).bids).toEqual([
      ['70', '1'],
      ['69', '1'],
    ]);
  });
});
