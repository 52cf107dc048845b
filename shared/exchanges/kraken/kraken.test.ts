import { describe, expect, test } from '@jest/globals';
import type { Level } from '../../domain/market.ts';
import { RejectError } from '../../errors.ts';
import { RECEIVED_AT, testAdapter } from '../testing/conformance.ts';
import { createKraken } from './kraken.ts';
import { krakenChecksum } from './kraken-checksum.ts';

const venue = createKraken();
const trade = (id: number, type = 'update') =>
  `{"channel":"trade","type":"${type}","data":[{"symbol":"MATIC/USD","side":"sell","price":0.5117,"qty":40.0,"ord_type":"market","trade_id":${id},"timestamp":"2023-09-25T07:49:37.708706Z"}]}`;
const candle = (begin: string, close: string) =>
  `{"channel":"ohlc","type":"update","timestamp":"2023-10-04T16:26:30.524394914Z","data":[{"symbol":"MATIC/USD","open":0.5624,"high":0.5628,"low":0.5622,"close":${close},"trades":12,"volume":30927.68066226,"vwap":0.5626,"interval_begin":"${begin}","interval":5,"timestamp":"2023-10-04T16:30:00.000000Z"}]}`;
const mapped = {
  type: 'candle',
  venue: 'kraken',
  symbol: 'MATIC/USD',
  interval: '5m',
  open: '0.5624',
  high: '0.5628',
  low: '0.5622',
  close: '0.5627',
  volume: '30927.68066226',
  closed: false,
  ts: Date.UTC(2023, 9, 4, 16, 25),
  receivedAt: RECEIVED_AT,
};

testAdapter({
  venue,
  symbol: 'BTC/USD',
  events: [
    {
      name: 'a trade; the side is the taker’s',
      frame: trade(4_665_906),
      events: [
        {
          type: 'trade',
          venue: 'kraken',
          symbol: 'MATIC/USD',
          id: '4665906',
          price: '0.5117',
          size: '40',
          side: 'sell',
          ts: Date.UTC(2023, 8, 25, 7, 49, 37, 708),
          receivedAt: RECEIVED_AT,
        },
      ],
    },
    {
      name: 'a whole book, every digit of the wire kept',
      frame:
        '{"channel":"book","type":"snapshot","data":[{"symbol":"XBT/USD","bids":[{"price":2.505e-05,"qty":0.00100000}],"asks":[{"price":0.000026000,"qty":4831.75496356}],"checksum":2439117997}]}',
      events: [
        {
          type: 'book',
          venue: 'kraken',
          symbol: 'BTC/USD',
          kind: 'snapshot',
          bids: [['0.00002505', '0.001']],
          asks: [['0.000026', '4831.75496356']],
          decimals: [9, 8],
          depth: 10,
          checksum: 2_439_117_997,
          ts: RECEIVED_AT,
          receivedAt: RECEIVED_AT,
        },
      ],
    },
    {
      name: 'a change of the book',
      frame:
        '{"channel":"book","type":"update","data":[{"symbol":"MATIC/USD","bids":[{"price":0.5657,"qty":0.00000000}],"asks":[],"checksum":2114181697,"timestamp":"2023-10-06T17:35:55.440295Z"}]}',
      events: [
        {
          type: 'book',
          venue: 'kraken',
          symbol: 'MATIC/USD',
          kind: 'delta',
          bids: [['0.5657', '0']],
          asks: [],
          decimals: [4, 8],
          checksum: 2_114_181_697,
          ts: Date.UTC(2023, 9, 6, 17, 35, 55, 440),
          receivedAt: RECEIVED_AT,
        },
      ],
    },
    {
      name: 'best bid and ask',
      frame:
        '{"channel":"ticker","type":"update","data":[{"symbol":"ALGO/USD","bid":0.10025,"bid_qty":740.0,"ask":0.10035,"ask_qty":1361.44813783,"last":0.10035,"volume":997038.98383185,"vwap":0.10148,"low":0.09979,"high":0.10285,"change":-0.00017,"change_pct":-0.17}]}',
      events: [
        {
          type: 'quote',
          venue: 'kraken',
          symbol: 'ALGO/USD',
          bid: '0.10025',
          bidSize: '740',
          ask: '0.10035',
          askSize: '1361.44813783',
          ts: RECEIVED_AT,
          receivedAt: RECEIVED_AT,
        },
      ],
    },
    { name: 'an open candle', frame: candle('2023-10-04T16:25:00.000000000Z', '0.5627'), events: [mapped] },
  ],
  control: [
    '{"channel":"heartbeat"}',
    '{"channel":"status","type":"update","data":[{"api_version":"v2","system":"online","version":"2.0.4","connection_id":1}]}',
    '{"method":"subscribe","result":{"channel":"book","depth":10,"snapshot":true,"symbol":"BTC/USD"},"success":true}',
    '{"method":"unsubscribe","result":{"channel":"book","depth":10,"symbol":"BTC/USD"},"success":true}',
    '{"error":"Currency pair not supported X/Y","method":"subscribe","success":false,"symbol":"X/Y"}',
    '{"method":"pong","time_in":"2023-09-24T14:10:23.799685Z","time_out":"2023-09-24T14:10:23.799703Z"}',
  ],
  ignored: ['{"channel":"instrument","type":"snapshot","data":{"assets":[],"pairs":[]}}'],
});

describe('Kraken frames', () => {
  const read = (frame: string) => venue.createMapper().read(frame, RECEIVED_AT);

  test.each([
    ['a side of neither kind', trade(1).replace('"sell"', '"hold"')],
    ['a negative price', trade(1).replace('0.5117', '-0.5117')],
    ['a price of 1e999', trade(1).replace('0.5117', '1e999')],
    ['a price that is half a number', trade(1).replace('0.5117', '0.51.17')],
    ['a fractional id', trade(1).replace('"trade_id":1', '"trade_id":1.5')],
    ['a time without a zone', trade(1).replace('708706Z', '708706')],
    [
      'one bad level among good ones',
      '{"channel":"book","type":"update","data":[{"symbol":"A/B","bids":[{"price":1,"qty":1},{"price":"x","qty":1}]}]}',
    ],
  ])('with %s are refused whole', (_name, frame) => {
    expect(() => read(frame)).toThrow(RejectError);
  });

  test('repeat the last trades in a snapshot: only those not told before come out', () => {
    const mapper = venue.createMapper();
    const tell = (frame: string) => {
      const reading = mapper.read(frame, RECEIVED_AT);
      return reading.kind === 'events' ? reading.events.length : -1;
    };
    expect([
      tell(trade(5, 'snapshot')),
      tell(trade(6)),
      tell(trade(6, 'snapshot')),
      tell(trade(7, 'snapshot')),
    ]).toEqual([1, 1, 0, 1]);
  });

  test('close a candle with the first word of the next', () => {
    const mapper = venue.createMapper();
    mapper.read(candle('2023-10-04T16:25:00.000000000Z', '0.5620'), RECEIVED_AT);
    mapper.read(candle('2023-10-04T16:25:00.000000000Z', '0.5627'), RECEIVED_AT);
    const next = mapper.read(candle('2023-10-04T16:30:00.000000000Z', '0.5630'), RECEIVED_AT);
    expect(next).toEqual({
      kind: 'events',
      events: [
        { ...mapped, closed: true },
        { ...mapped, close: '0.563', ts: mapped.ts + 300_000 },
      ],
    });
  });

  test('take the depth of a book from its acknowledgement', () => {
    const mapper = venue.createMapper();
    mapper.read(
      '{"method":"subscribe","result":{"channel":"book","depth":25,"snapshot":true,"symbol":"A/B"},"success":true}',
      RECEIVED_AT,
    );
    const book =
      '{"channel":"book","type":"snapshot","data":[{"symbol":"A/B","bids":[{"price":1,"qty":1}],"asks":[]}]}';
    expect(mapper.read(book, RECEIVED_AT)).toMatchObject({ events: [{ depth: 25 }] });
    expect(venue.createMapper().read(book, RECEIVED_AT)).toMatchObject({ events: [{ depth: 10 }] });
  });
});

test('the checksum of Kraken’s own documentation comes out', () => {
  const levels = (text: string): Level[] =>
    text.split(' ').map((pair) => pair.split('/') as unknown as Level);
  const asks = levels(
    '45285.2/0.00100000 45286.4/1.54571953 45286.6/1.54571109 45289.6/1.54560911 45290.2/0.15890660 45291.8/1.54553491 45294.7/0.04454749 45296.1/0.35380000 45297.5/0.09945542 45299.5/0.18772827',
  );
  const bids = levels(
    '45283.5/0.10000000 45283.4/1.54582015 45282.1/0.10000000 45281.0/0.10000000 45280.3/1.54592586 45279.0/0.07990000 45277.6/0.03310103 45277.5/0.30000000 45277.3/1.54602737 45276.6/0.15445238',
  );
  const checksum = krakenChecksum();
  expect(checksum(bids, asks, [1, 8])).toBe(3_310_070_434);
  const canonical = (side: Level[]): Level[] =>
    side.map(([price, size]) => [price.replace(/\.0$/, ''), size.replace(/0+$/, '')]);
  expect(checksum(canonical(bids), canonical(asks), [1, 8])).toBe(3_310_070_434);
  expect(checksum(bids, asks, [2, 8])).not.toBe(3_310_070_434);
  expect(checksum([...bids].reverse(), asks, [1, 8])).not.toBe(3_310_070_434);
  expect(checksum(bids, asks, [1, 8])).toBe(3_310_070_434);
});
