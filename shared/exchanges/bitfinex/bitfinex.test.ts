import { describe, expect, test } from '@jest/globals';
import type { BookUpdate, Level, MarketEvent } from '../../domain/market.ts';
import { RejectError, UserError } from '../../errors.ts';
import { Book } from '../book.ts';
import { RECEIVED_AT, testAdapter } from '../testing/conformance.ts';
import type { Mapper } from '../venue.ts';
import { bitfinexChecksum, createBitfinex } from './bitfinex.ts';
import { spellBitfinexSymbol, unifyBitfinexSymbol } from './bitfinex-symbols.ts';

/** Rows of docs.bitfinex.com's channel pages, numbered and timed as the flags of our `conf` ask for. */
const SUBSCRIBED = {
  trades: '{"event":"subscribed","channel":"trades","chanId":19111,"symbol":"tBTCUSD","pair":"BTCUSD"}',
  book: '{"event":"subscribed","channel":"book","chanId":17082,"symbol":"tBTCUSD","prec":"P0","freq":"F0","len":"250","pair":"BTCUSD"}',
  quotes:
    '{"event":"subscribed","channel":"book","chanId":10092,"symbol":"tBTCUSD","prec":"P0","freq":"F0","len":"1","pair":"BTCUSD"}',
  candles: '{"event":"subscribed","channel":"candles","chanId":343351,"key":"trade:1m:tBTCUSD"}',
  ticker: '{"event":"subscribed","channel":"ticker","chanId":224555,"symbol":"tBTCUSD","pair":"BTCUSD"}',
  raw: '{"event":"subscribed","channel":"book","chanId":433290,"symbol":"tBTCUSD","prec":"R0","freq":"F0","len":"25"}',
};
const opening = Object.values(SUBSCRIBED);
const TS = 1_574_694_475_100;
const venue = createBitfinex();
const origin = { venue: 'bitfinex', symbol: 'BTC/USD', ts: TS, receivedAt: RECEIVED_AT };
const numbers = { first: 6, last: 6 };

testAdapter({
  venue,
  symbol: 'BTC/USDT',
  opening,
  events: [
    {
      name: 'a trade; an amount below zero is a sale',
      frame: `[19111,"te",[401597395,1574694478808,-0.005,7245.3],6,${TS}]`,
      events: [
        {
          ...{ type: 'trade', ...origin, id: '401597395', price: '7245.3', size: '0.005', side: 'sell' },
          ts: 1_574_694_478_808,
        },
      ],
    },
    {
      name: 'the last trades, oldest first',
      frame: `[19111,[[401597393,1574694475039,0.005,7244.9],[401597391,1574694475038,-1e-7,7244.8]],6,${TS}]`,
      events: [
        {
          ...{ type: 'trade', ...origin, id: '401597391', price: '7244.8', size: '0.0000001', side: 'sell' },
          ts: 1_574_694_475_038,
        },
        {
          ...{ type: 'trade', ...origin, id: '401597393', price: '7244.9', size: '0.005', side: 'buy' },
          ts: 1_574_694_475_039,
        },
      ],
    },
    {
      name: 'a whole book, every digit of the wire kept',
      frame: `[17082,[[7254.7,3,3.30000000],[7254.8,1,-0.12345678901234567890]],6,${TS}]`,
      events: [
        {
          ...{ type: 'book', ...origin, kind: 'snapshot', ...numbers, bids: [['7254.7', '3.3']] },
          asks: [['7254.8', '0.1234567890123456789']],
        },
      ],
    },
    {
      name: 'a level that is gone: its count is 0, and the amount tells the side alone',
      frame: `[17082,[7254.5,0,-1],6,${TS}]`,
      events: [{ type: 'book', ...origin, kind: 'delta', ...numbers, bids: [], asks: [['7254.5', '0']] }],
    },
    {
      name: 'a checksum',
      frame: `[17082,"cs",-1175357890,6,${TS}]`,
      events: [
        {
          ...{ type: 'book', ...origin, kind: 'delta', ...numbers, bids: [], asks: [] },
          checksum: -1_175_357_890,
        },
      ],
    },
    {
      name: 'best bid and ask, from a book of one price point',
      frame: `[10092,[[7254.7,3,3.3],[7254.8,1,-0.5]],6,${TS}]`,
      events: [{ type: 'quote', ...origin, bid: '7254.7', bidSize: '3.3', ask: '7254.8', askSize: '0.5' }],
    },
    {
      name: 'an open candle',
      frame: `[343351,[1574698200000,7399.9,7379.7,7399.9,7371.8,41.63633658],6,${TS}]`,
      events: [
        {
          ...{ type: 'candle', ...origin, interval: '1m', closed: false, ts: 1_574_698_200_000 },
          ...{ open: '7399.9', close: '7379.7', high: '7399.9', low: '7371.8', volume: '41.63633658' },
        },
      ],
    },
  ],
  control: [
    ...opening,
    `[17082,"hb",6,${TS}]`,
    '{"event":"info","version":2,"serverId":"64aa234a-b16b-4ef8-9cb4-e31feca3ab25","platform":{"status":1}}',
    '{"event":"conf","status":"OK","flags":229376}',
    '{"event":"conf","status":"FAILED","flags":229376}',
    '{"event":"pong","ts":1511545528111,"cid":1234}',
    '{"event":"unsubscribed","status":"OK","chanId":17082}',
    '{"event":"error","msg":"symbol: invalid","code":10300,"channel":"trades","symbol":"tNOSUCH"}',
    '{"event":"info","code":20051,"msg":"Stopping. Please try to reconnect"}',
  ],
  ignored: [
    `[19111,"tu",[401597395,1574694478808,-0.005,7245.3],6,${TS}]`,
    `[224555,[7616.5,31.89055171,7617.5,43.358118629999986,-550.8,-0.0674,7617.1,8314.71,8257.8,7500],6,${TS}]`,
    `[433290,[34753006045,0,-1],6,${TS}]`,
  ],
});

const connect = (frames = opening): Mapper => {
  const mapper = venue.createMapper();
  for (const frame of frames) mapper.read(frame, RECEIVED_AT);
  return mapper;
};
const tell = (mapper: Mapper, frame: string): MarketEvent[] => {
  const reading = mapper.read(frame, RECEIVED_AT);
  return reading.kind === 'events' ? reading.events : [];
};
const booksOf = (events: MarketEvent[]) =>
  events.filter((event): event is BookUpdate => event.type === 'book');

describe('Bitfinex symbols', () => {
  test.each([
    ['tBTCUSD', 'BTC/USD'],
    ['tBTCUST', 'BTC/USDT'],
    ['tLINK:USD', 'LINK/USD'],
    ['tAVAX:UST', 'AVAX/USDT'],
    ['tUSTUSD', 'USDT/USD'],
    ['tLUNA:UST', 'LUNC/USDT'],
    ['tLUNA2:UST', 'LUNA/USDT'],
  ])('%s is %s, and back', (wire, symbol) => {
    expect(unifyBitfinexSymbol(wire)).toBe(symbol);
    expect(spellBitfinexSymbol(symbol)).toBe(wire);
  });

  test('of other markets are refused', () => {
    expect(() => unifyBitfinexSymbol('tBTCF0:USTF0')).toThrow(RejectError);
    expect(() => unifyBitfinexSymbol('fUSD')).toThrow(RejectError);
    expect(() => spellBitfinexSymbol('BTC/USDT:USDT')).toThrow(UserError);
    expect(() => spellBitfinexSymbol('BTC/USDT:USDT')).toThrow('BTC/USD');
  });
});

describe('Bitfinex frames', () => {
  test.each([
    ['an id that was not announced', `[999,"te",[1,1574694478808,1,1],6,${TS}]`],
    ['an amount of zero', `[19111,"te",[1,1574694478808,0,1],6,${TS}]`],
    ['a price below zero', `[17082,[-7254.5,1,1],6,${TS}]`],
    ['one bad level among good ones', `[17082,[[7254.5,1,1],[7254.6,1,"x"]],6,${TS}]`],
    ['a number of half a frame', `[17082,[7254.5,1,1],6.5,${TS}]`],
    ['a number and no time', '[17082,[7254.5,1,1],6]'],
    ['a text that holds numbers', `["17082,5",[7254.5,1,1],6,${TS}]`],
  ])('with %s are refused whole', (_name, frame) => {
    expect(() => connect().read(frame, RECEIVED_AT)).toThrow(RejectError);
  });

  test('ask for each channel by itself, and leave it by the id it was given', () => {
    const wanted = venue.subscribe([
      { channel: 'trades', symbol: 'BTC/USD' },
      { channel: 'book', symbol: 'LINK/USDT' },
      { channel: 'quotes', symbol: 'BTC/USD' },
      { channel: 'candles', symbol: 'BTC/USD', interval: '1d' },
    ]);
    expect(venue.opening).toEqual(['{"event":"conf","flags":229376}']);
    expect(wanted.map((text) => JSON.parse(text))).toEqual([
      { event: 'subscribe', channel: 'trades', symbol: 'tBTCUSD' },
      { event: 'subscribe', channel: 'book', symbol: 'tLINK:UST', prec: 'P0', freq: 'F0', len: '250' },
      { event: 'subscribe', channel: 'book', symbol: 'tBTCUSD', prec: 'P0', freq: 'F0', len: '1' },
      { event: 'subscribe', channel: 'candles', key: 'trade:1D:tBTCUSD' },
    ]);
    expect(() => venue.subscribe([{ channel: 'candles', symbol: 'BTC/USD', interval: '4h' }])).toThrow(
      UserError,
    );
    expect(() => venue.subscribe([{ channel: 'funding', symbol: 'BTC/USD' }])).toThrow(UserError);
    const leave = (channel: 'book' | 'quotes' | 'candles') =>
      connect().unsubscribe?.([{ channel, symbol: 'BTC/USD' }]);
    expect(leave('book')).toEqual(['{"event":"unsubscribe","chanId":17082}']);
    expect(leave('quotes')).toEqual(['{"event":"unsubscribe","chanId":10092}']);
    expect(leave('candles')).toEqual(['{"event":"unsubscribe","chanId":343351}']);
    const left = connect([...opening, '{"event":"unsubscribed","status":"OK","chanId":17082}']);
    expect(left.unsubscribe?.([{ channel: 'book', symbol: 'BTC/USD' }])).toEqual([]);
  });

  test.each([20_051, 20_060, 20_061])('say with code %i that the connection is to be made anew', (code) => {
    const reading = connect().read(`{"event":"info","code":${code},"msg":"…"}`, RECEIVED_AT);
    expect(reading).toMatchObject({ kind: 'control', control: { type: 'reconnect' } });
  });

  test('name what was refused', () => {
    const refusal = '{"event":"error","msg":"symbol: invalid","code":10300,"symbol":"tNOSUCH"}';
    expect(connect().read(refusal, RECEIVED_AT)).toEqual({
      kind: 'control',
      control: { type: 'refused', reason: 'symbol: invalid (tNOSUCH)' },
    });
  });

  test('repeat the last trades when they are asked for again: only those not told before come out', () => {
    const mapper = connect();
    const trade = (id: number) => `[${id},${TS},1,7]`;
    const ids = (frame: string) => tell(mapper, frame).map((event) => (event as { id: string }).id);
    expect(ids(`[19111,[${trade(8)},${trade(3)}],1,${TS}]`)).toEqual(['3', '8']);
    expect(ids(`[19111,"te",${trade(11)},2,${TS}]`)).toEqual(['11']);
    expect(ids(`[19111,[${trade(15)},${trade(11)},${trade(8)}],3,${TS}]`)).toEqual(['15']);
  });

  test('keep the best of both sides as levels come and go', () => {
    const mapper = connect();
    const quotes = (frame: string) =>
      tell(mapper, frame).map((event) => event.type === 'quote' && [event.bid, event.bidSize, event.ask]);
    expect(quotes(`[10092,[[100,1,2],[101,1,-2]],1,${TS}]`)).toEqual([['100', '2', '101']]);
    expect(quotes(`[10092,[100.5,1,3],2,${TS}]`)).toEqual([['100.5', '3', '101']]);
    expect(quotes(`[10092,[100.5,0,1],3,${TS}]`)).toEqual([['100', '2', '101']]);
    expect(quotes(`[10092,[100,0,1],4,${TS}]`)).toEqual([]);
    expect(quotes(`[10092,[99,1,1],5,${TS}]`)).toEqual([['99', '1', '101']]);
  });

  test('close a candle with the first word of the next, also in a list that begins with the newest', () => {
    const mapper = connect();
    const row = (minute: number, close: number) =>
      `[${1_574_698_200_000 + minute * 60_000},1,${close},3,1,5]`;
    const states = (frame: string) =>
      tell(mapper, frame).map((event) => event.type === 'candle' && [event.close, event.closed]);
    expect(states(`[343351,[${row(1, 2.1)},${row(0, 2)}],1,${TS}]`)).toEqual([
      ['2', false],
      ['2', true],
      ['2.1', false],
    ]);
    expect(states(`[343351,${row(2, 2.2)},2,${TS}]`)).toEqual([
      ['2.1', true],
      ['2.2', false],
    ]);
  });

  test('without numbers, as others record them, are read all the same', () => {
    const mapper = connect();
    expect(tell(mapper, '[17082,[[7254.7,3,3.3]]]')).toMatchObject([{ kind: 'snapshot', ts: RECEIVED_AT }]);
    expect(tell(mapper, '[19111,"te",[1,1574694478808,1,7]]')).toMatchObject([{ id: '1' }]);
    expect(mapper.read('[17082,"hb"]', RECEIVED_AT).kind).toBe('control');
  });
});

describe('Bitfinex’s frame numbers', () => {
  test.each([
    ['another channel', `[19111,"te",[1,${TS},1,7],9,${TS + 5}]`],
    ['a heartbeat', `[224555,"hb",9,${TS + 5}]`],
    ['the book itself', `[17082,[100,1,5],9,${TS + 5}]`],
  ])('show a lost frame in %s: the book is stale at once, and the connection is left', (_name, frame) => {
    const mapper = connect();
    const book = new Book(venue.book);
    for (const update of booksOf(tell(mapper, `[17082,[[100,1,2]],7,${TS}]`))) book.apply(update);
    expect(book.state).toBe('live');
    const reading = mapper.read(frame, RECEIVED_AT);
    expect(reading).toMatchObject({ kind: 'events', control: { type: 'reconnect' } });
    for (const update of booksOf(reading.kind === 'events' ? reading.events : [])) book.apply(update);
    expect(book.state).toBe('stale');
    expect(book.counters.gaps).toBe(1);
  });

  test('count a frame that can’t be read, and one of a channel that is left', () => {
    const mapper = connect();
    tell(mapper, `[17082,[[100,1,2]],1,${TS}]`);
    expect(() => mapper.read(`[19111,"te",[1,${TS},0,7],2,${TS}]`, RECEIVED_AT)).toThrow(RejectError);
    mapper.read('{"event":"unsubscribed","status":"OK","chanId":224555}', RECEIVED_AT);
    mapper.read(`[224555,"hb",3,${TS}]`, RECEIVED_AT);
    expect(mapper.read(`[17082,[100,1,3],4,${TS}]`, RECEIVED_AT)).not.toHaveProperty('control');
  });
});

/** A book of XRP/BTC and its checksum, as the tests of bitfinex-api-go have them from the venue. */
const XRP = `[[0.0000011,13,271510.49],[0.00000109,4,500793.10790141],[0.00000108,5,776367.43],[0.00000107,1,23329.54842056],
[0.00000106,3,116868.87735849],[0.00000105,3,205000],[0.00000103,3,227308.25386407],[0.00000102,2,105000],[0.00000101,1,2970],
[0.000001,2,21000],[7e-7,1,10000],[6.6e-7,1,10000],[6e-7,1,100000],[4.9e-7,1,10000],[2.5e-7,1,2000],[6e-8,1,100000],
[5e-8,1,200000],[1e-8,4,640000],[0.00000111,1,-4847.13],[0.00000112,7,-528102.69042633],[0.00000113,5,-302397.07],
[0.00000114,3,-339088.93],[0.00000126,4,-245944.06],[0.00000127,1,-5000],[0.0000013,1,-5000],[0.00000134,1,-8249.18938656],
[0.00000136,1,-13161.25184766],[0.00000145,1,-2914],[0.0000015,3,-54448.5],[0.00000152,2,-5538.54849594],
[0.00000153,1,-62691.75475079],[0.00000159,1,-2914],[0.0000016,1,-52631.10296831],[0.00000164,1,-4000],
[0.00000166,1,-3831.46784605],[0.00000171,1,-14575.17730379],[0.00000174,1,-3124.81815395],[0.0000018,1,-18000],
[0.00000182,1,-16000],[0.00000186,1,-4000],[0.00000189,1,-10000.686624],[0.00000191,1,-14500],[0.00000193,1,-2422]]`;
const XRP_FRAMES = [`[81757,${XRP},1,${TS}]`, `[81757,[0.0000011,12,266122.94],2,${TS}]`];

describe('Bitfinex’s checksum', () => {
  const SUBSCRIBED_XRP =
    '{"event":"subscribed","channel":"book","chanId":81757,"symbol":"tXRPBTC","prec":"P0","freq":"F0","len":"25","pair":"XRPBTC"}';
  const follow = (...frames: string[]) => {
    const mapper = connect([SUBSCRIBED_XRP]);
    const book = new Book(venue.book);
    for (const frame of frames) for (const update of booksOf(tell(mapper, frame))) book.apply(update);
    return book;
  };

  test('of a book that the venue told, tiny prices and all, comes out', () => {
    const book = follow(...XRP_FRAMES, `[81757,"cs",-1175357890,3,${TS}]`);
    expect(book.counters.checksums).toEqual({ ok: 1, bad: 0 });
    expect(book.state).toBe('live');
    expect(book.top(25).bids.at(-1)).toEqual(['0.00000001', '640000']);
  });

  test('finds a size that was corrupted on the way, and the next whole book mends it', () => {
    const corrupted = XRP_FRAMES.map((frame) => frame.replace('776367.43', '776367.44'));
    const wrong = follow(...corrupted, `[81757,"cs",-1175357890,3,${TS}]`);
    expect([wrong.state, wrong.counters.checksums]).toEqual(['stale', { ok: 0, bad: 1 }]);
    const mended = follow(...corrupted, `[81757,"cs",-1175357890,3,${TS}]`, `[81757,${XRP},4,${TS}]`);
    expect(mended.state).toBe('live');
  });

  test('spells a number as JavaScript would, without losing a digit', () => {
    const levels = (text: string): Level[] => [[text, '1']];
    for (const text of ['0.000001', '0.00000101', '1e-7', '6.6e-7', '1.2345e-10']) {
      const plain = Number(text).toFixed(16).replace(/0+$/, '');
      expect(bitfinexChecksum(levels(plain), [])).toBe(bitfinexChecksum(levels(String(Number(text))), []));
    }
  });
});
