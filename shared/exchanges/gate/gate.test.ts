import { describe, expect, test } from '@jest/globals';
import { RejectError } from '../../errors.ts';
import { Book } from '../book.ts';
import { RECEIVED_AT, testAdapter } from '../testing/conformance.ts';
import { createGate } from './gate.ts';

/**
 * Frames of the venue's documentation (https://www.gate.com/docs/developers/apiv4/ws/en/), with the fields that live
 * connections of September 2026 have besides.
 */
const TRADE =
  '{"time":1606292218,"time_ms":1606292218231,"channel":"spot.trades","event":"update","result":{"id":309143071,"id_market":2390902,"create_time":1606292218,"create_time_ms":"1606292218213.457800","side":"sell","currency_pair":"GT_USDT","amount":"16.4700000000","price":"0.4705000000","range":"2390902-2390902","stock":"GT","money":"USDT","trade_mode":0}}';
const WHOLE =
  '{"channel":"spot.obu","result":{"t":1747054612673,"full":true,"s":"ob.GT_USDT.400","u":73777715168,"b":[["10.40","509.392"],["10.39","4"]],"a":[["10.41","44.617"]]},"time_ms":1747054612848,"event":"update"}';
const CHANGE =
  '{"channel":"spot.obu","result":{"t":1747054612695,"s":"ob.GT_USDT.400","U":73777715169,"u":73777715212,"b":[["10.39","0"]],"a":[["10.42","3.50"]]},"time_ms":1747054612925,"event":"update"}';
const NUMBERS_ONLY =
  '{"channel":"spot.obu","result":{"t":1747054612700,"s":"ob.GT_USDT.400","U":73777715213,"u":73777715220},"time_ms":1747054612931,"event":"update"}';
const QUOTE =
  '{"time":1606293275,"time_ms":1606293275130,"channel":"spot.book_ticker","event":"update","result":{"t":1606293275123,"u":48733182,"s":"GT_USDT","b":"19177.79","B":"0.0003341504","a":"19179.38","A":"0.09"}}';
const CANDLE =
  '{"time":1606292600,"time_ms":1606292600376,"channel":"spot.candlesticks","event":"update","result":{"t":"1606292580","v":"2362.32035","c":"19128.1","h":"19129","l":"19127.5","o":"19128.0","n":"1m_GT_USDT","a":"3.8283","w":true}}';
const ACK =
  '{"time":1747054611,"time_ms":1747054611614,"conn_id":"d7de96c024f2a5b2","channel":"spot.obu","event":"subscribe","payload":["ob.GT_USDT.400"],"result":{"status":"success"}}';
const REFUSAL =
  '{"time":1747391482,"time_ms":1747391482960,"channel":"spot.trades","event":"subscribe","payload":["NO_SUCH"],"error":{"code":2,"message":"unknown currency pair: NO_SUCH"},"result":{"status":"fail"}}';
const PONG = '{"time":1545404023,"channel":"spot.pong","event":"","error":null,"result":null}';
const UPGRADE =
  '{"type":"upgrade","msg":"The connection will soon be closed for a service upgrade. Please reconnect."}';

const gate = createGate();
const origin = { venue: 'gate', symbol: 'GT/USDT', receivedAt: RECEIVED_AT };

testAdapter({
  venue: gate,
  symbol: 'GT/USDT',
  events: [
    {
      name: 'a trade, by its number within the market',
      frame: TRADE,
      events: [
        {
          ...{ type: 'trade', ...origin, id: '2390902', side: 'sell', ts: 1_606_292_218_213 },
          ...{ price: '0.4705', size: '16.47' },
        },
      ],
    },
    {
      name: 'a whole book and its depth',
      frame: WHOLE,
      events: [
        {
          ...{ type: 'book', ...origin, kind: 'snapshot', last: 73_777_715_168, depth: 400 },
          ...{ asks: [['10.41', '44.617']], ts: 1_747_054_612_673 },
          bids: [
            ['10.4', '509.392'],
            ['10.39', '4'],
          ],
        },
      ],
    },
    {
      name: 'a change of the book',
      frame: CHANGE,
      events: [
        {
          ...{ type: 'book', ...origin, kind: 'delta', first: 73_777_715_169, last: 73_777_715_212 },
          ...{ bids: [['10.39', '0']], asks: [['10.42', '3.5']], ts: 1_747_054_612_695 },
        },
      ],
    },
    {
      name: 'a change that only counts on',
      frame: NUMBERS_ONLY,
      events: [
        {
          ...{ type: 'book', ...origin, kind: 'delta', first: 73_777_715_213, last: 73_777_715_220 },
          ...{ bids: [], asks: [], ts: 1_747_054_612_700 },
        },
      ],
    },
    {
      name: 'best bid and ask',
      frame: QUOTE,
      events: [
        {
          ...{ type: 'quote', ...origin, bid: '19177.79', bidSize: '0.0003341504', ask: '19179.38' },
          ...{ askSize: '0.09', ts: 1_606_293_275_123 },
        },
      ],
    },
    {
      name: 'a candle, whose volume is in coins',
      frame: CANDLE,
      events: [
        {
          ...{ type: 'candle', ...origin, interval: '1m', open: '19128', high: '19129', low: '19127.5' },
          ...{ close: '19128.1', volume: '3.8283', closed: true, ts: 1_606_292_580_000 },
        },
      ],
    },
  ],
  control: [ACK, ACK.replace('"subscribe"', '"unsubscribe"'), REFUSAL, PONG, UPGRADE],
  ignored: [
    '{"channel":"spot.tickers","event":"update","result":{"currency_pair":"GT_USDT","last":"1"}}',
    '{"channel":"spot.system","event":"update","result":{"type":"outdated_sbe_schema_id","msg":"…"}}',
    QUOTE.replace('"19177.79"', '""'),
    CANDLE.replace('1m_GT', '30m_GT'),
  ],
});

const read = (frame: string, mapper = gate.createMapper()) => mapper.read(frame, RECEIVED_AT);

test('Gate is asked for lists of names, and for each candle by itself', () => {
  const wanted = ['BTC/USDT', 'GT/USDT'].flatMap((symbol) => [
    { channel: 'trades' as const, symbol },
    { channel: 'book' as const, symbol },
    { channel: 'candles' as const, symbol, interval: '1h' as const },
  ]);
  expect(gate.subscribe(wanted).map((text) => JSON.parse(text))).toEqual([
    { channel: 'spot.candlesticks', event: 'subscribe', payload: ['1h', 'BTC_USDT'] },
    { channel: 'spot.candlesticks', event: 'subscribe', payload: ['1h', 'GT_USDT'] },
    { channel: 'spot.trades', event: 'subscribe', payload: ['BTC_USDT', 'GT_USDT'] },
    { channel: 'spot.obu', event: 'subscribe', payload: ['ob.BTC_USDT.400', 'ob.GT_USDT.400'] },
  ]);
  const many = Array.from({ length: 120 }, (_, i) => ({ channel: 'trades' as const, symbol: `A${i}/USDT` }));
  expect(gate.subscribe(many).map((text) => JSON.parse(text).payload.length)).toEqual([50, 50, 20]);
});

test('what Gate says of the connection is passed on with its words', () => {
  expect(read(REFUSAL)).toMatchObject({
    control: { type: 'refused', reason: 'spot.trades: unknown currency pair: NO_SUCH' },
  });
  expect(read(UPGRADE)).toMatchObject({ control: { type: 'reconnect' } });
  const system = `{"channel":"spot.system","event":"update","result":${UPGRADE}}`;
  expect(read(system)).toMatchObject({ control: { type: 'reconnect' } });
});

test('a trade from before 2025 goes by the only id it has', () => {
  expect(read(TRADE.replace('"id_market":2390902,', ''))).toMatchObject({ events: [{ id: '309143071' }] });
});

test('a candle whose last word was lost is closed by the first of the next; a day that opens elsewhere is refused', () => {
  const mapper = gate.createMapper();
  const next = CANDLE.replace('1606292580', '1606292640');
  read(CANDLE.replace('"w":true', '"w":false'), mapper);
  expect(read(next, mapper)).toMatchObject({
    events: [
      { closed: true, ts: 1_606_292_580_000 },
      { closed: true, ts: 1_606_292_640_000 },
    ],
  });
  expect(read(CANDLE.replace('1606292580', '1606292700'), mapper)).toMatchObject({
    events: [{ ts: 1_606_292_700_000 }],
  });
  const day = CANDLE.replace('1m_GT', '1d_GT');
  expect(read(day.replace('1606292580', '1606262400'))).toMatchObject({ events: [{ interval: '1d' }] });
  expect(() => read(day.replace('1606292580', '1606233600'))).toThrow(RejectError);
});

describe('Gate’s books', () => {
  const follow = (frames: string[]) => {
    const mapper = gate.createMapper();
    const book = new Book(gate.book);
    const states = frames.map((frame) => {
      const reading = read(frame, mapper);
      for (const event of reading.kind === 'events' ? reading.events : []) {
        if (event.type === 'book') book.apply(event);
      }
      return book.state;
    });
    return { book, states };
  };

  test('follow their numbers, empty changes included', () => {
    const { book, states } = follow([WHOLE, CHANGE, NUMBERS_ONLY]);
    expect(states).toEqual(['live', 'live', 'live']);
    expect(book.id).toBe(73_777_715_220);
    expect(book.top(5)).toEqual({
      bids: [['10.4', '509.392']],
      asks: [
        ['10.41', '44.617'],
        ['10.42', '3.5'],
      ],
    });
  });

  test('are stale when a number is left out or overlaps, until a whole one comes', () => {
    const again = WHOLE.replace('73777715168', '73777715300').replace('1747054612673', '1747054613000');
    const { book, states } = follow([WHOLE, NUMBERS_ONLY, again]);
    expect(states).toEqual(['live', 'stale', 'live']);
    expect(book.counters).toMatchObject({ gaps: 1, resyncs: 1 });
    const overlapping = CHANGE.replace('"U":73777715169', '"U":73777715168');
    expect(follow([WHOLE, overlapping]).states).toEqual(['live', 'stale']);
  });
});
