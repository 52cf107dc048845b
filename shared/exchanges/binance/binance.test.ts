import { describe, expect, test } from '@jest/globals';
import { RejectError } from '../../errors.ts';
import { RECEIVED_AT, testAdapter } from '../testing/conformance.ts';
import { findVenue } from '../venues.ts';
import { createBinance } from './binance.ts';
import { splitBinanceSymbol } from './binance-symbols.ts';

const venue = createBinance();
const TRADE =
  '{"e":"trade","E":1723161255343,"s":"BTCUSDT","t":3735683259,"p":"61837.63000000","q":"0.02000000","T":1723161255342,"m":true,"M":true}';
const trade = {
  type: 'trade',
  venue: 'binance',
  symbol: 'BTC/USDT',
  id: '3735683259',
  price: '61837.63',
  size: '0.02',
  side: 'sell',
  ts: 1_723_161_255_342,
  receivedAt: RECEIVED_AT,
};
const AGGREGATED =
  '{"e":"aggTrade","E":1723161255343,"s":"BTCUSDT","a":77,"p":"61837.63","q":"1.5","f":100,"l":105,"T":1723161255342,"m":false,"M":true}';
const kline = (interval: string, x: boolean) =>
  `{"e":"kline","E":1672515782136,"s":"BTCUSDT","k":{"t":1672515780000,"T":1672515839999,"s":"BTCUSDT","i":"${interval}","f":100,"L":200,"o":"0.0010","c":"0.0020","h":"0.0025","l":"0.0015","v":"1000","n":100,"x":${x},"q":"1.0000","V":"500","Q":"0.500","B":"123456"}}`;

testAdapter({
  venue,
  symbol: 'BTC/USDT',
  events: [
    { name: 'a raw trade; the buyer made, so the taker sold', frame: TRADE, events: [trade] },
    {
      name: 'a trade of a combined stream',
      frame: `{"stream":"btcusdt@trade","data":${TRADE}}`,
      events: [trade],
    },
    {
      name: 'a trade in microseconds',
      frame: TRADE.replace('1723161255342', '1723161255342999'),
      events: [trade],
    },
    {
      name: 'an aggregated trade where no single ones come',
      frame: AGGREGATED,
      events: [{ ...trade, id: '77', size: '1.5', side: 'buy' }],
    },
    {
      name: 'a change of the book',
      frame:
        '{"e":"depthUpdate","E":1723161255308,"s":"1000SATSFDUSD","U":203,"u":207,"b":[["0.00020000","0.00000000"]],"a":[["0.00020100","40163.00"]]}',
      events: [
        {
          type: 'book',
          venue: 'binance',
          symbol: '1000SATS/FDUSD',
          kind: 'delta',
          bids: [['0.0002', '0']],
          asks: [['0.000201', '40163']],
          first: 203,
          last: 207,
          ts: 1_723_161_255_308,
          receivedAt: RECEIVED_AT,
        },
      ],
    },
    {
      name: 'a book ticker, which has no event name and no time',
      frame:
        '{"u":400900217,"s":"BNBUSDT","b":"25.35190000","B":"31.21000000","a":"25.36520000","A":"40.66"}',
      events: [
        {
          type: 'quote',
          venue: 'binance',
          symbol: 'BNB/USDT',
          bid: '25.3519',
          bidSize: '31.21',
          ask: '25.3652',
          askSize: '40.66',
          ts: RECEIVED_AT,
          receivedAt: RECEIVED_AT,
        },
      ],
    },
    {
      name: 'a closed candle',
      frame: kline('1m', true),
      events: [
        {
          type: 'candle',
          venue: 'binance',
          symbol: 'BTC/USDT',
          interval: '1m',
          open: '0.001',
          high: '0.0025',
          low: '0.0015',
          close: '0.002',
          volume: '1000',
          closed: true,
          ts: 1_672_515_780_000,
          receivedAt: RECEIVED_AT,
        },
      ],
    },
  ],
  control: [
    '{"result":null,"id":1}',
    '{"result":["btcusdt@trade"],"id":3}',
    '{"error":{"code":2,"msg":"Invalid request: unknown variant"},"id":1}',
    '{"code":3,"msg":"Invalid JSON: expected value at line 1 column 1"}',
    '{"e":"serverShutdown","E":1770123456789}',
    '{"stream":"!serverShutdown","data":{"e":"serverShutdown","E":1770123456789}}',
  ],
  ignored: [
    '{"e":"24hrTicker","E":1672515782136,"s":"BNBBTC"}',
    '{"stream":"!miniTicker@arr","data":[{"e":"24hrMiniTicker","s":"BNBBTC"}]}',
    '[{"e":"24hrMiniTicker","s":"BNBBTC"}]',
    '{"lastUpdateId":160,"bids":[["0.0024","10"]],"asks":[["0.0026","100"]]}',
    kline('3m', false),
  ],
});

describe('Binance frames', () => {
  test.each([
    ['a price that is no text', TRADE.replace('"61837.63000000"', '61837.63')],
    ['a negative price', TRADE.replace('"61837', '"-61837')],
    ['a price of zero', TRADE.replace('"61837.63000000"', '"0.00000000"')],
    ['a price of 1e999', TRADE.replace('"61837.63000000"', '"1e999"')],
    ['a side that is text', TRADE.replace('"m":true', '"m":"true"')],
    ['an id beyond 2^53', TRADE.replace('3735683259', '9007199254740993')],
    ['a time in the year 10000', TRADE.replace('1723161255342', '253402300800000')],
    ['a time in 1970', TRADE.replace('1723161255342', '1')],
    ['a trade two days ahead', TRADE.replace('1723161255342', String(RECEIVED_AT + 2 * 86_400_000))],
    ['an unknown quote currency', TRADE.replace('BTCUSDT', 'BTCQQQ')],
    ['__proto__ for a symbol', TRADE.replace('BTCUSDT', '__proto__')],
    [
      'update ids that run backwards',
      '{"e":"depthUpdate","E":1723161255308,"s":"BTCUSDT","U":9,"u":8,"b":[],"a":[]}',
    ],
  ])('with %s are refused', (_name, frame) => {
    expect(() => venue.createMapper().read(frame, RECEIVED_AT)).toThrow(RejectError);
  });

  test('of single trades silence aggregated ones of the same symbol, and none is told twice', () => {
    const mapper = venue.createMapper();
    const kinds = [
      AGGREGATED,
      TRADE.replace('3735683259', '105'),
      TRADE.replace('3735683259', '106'),
      AGGREGATED,
    ].map((frame) => mapper.read(frame, RECEIVED_AT).kind);
    expect(kinds).toEqual(['events', 'ignored', 'events', 'ignored']);
  });
});

describe('a Binance symbol', () => {
  test.each([
    ['BTCUSDT', 'BTC/USDT'],
    ['ETHBTC', 'ETH/BTC'],
    ['1000SATSFDUSD', '1000SATS/FDUSD'],
    ['1INCHUSDC', '1INCH/USDC'],
    ['FDUSDUSDT', 'FDUSD/USDT'],
    ['USDTTRY', 'USDT/TRY'],
    ['EURUSDT', 'EUR/USDT'],
    ['ADAEUR', 'ADA/EUR'],
    ['BTCAEUR', 'BTC/AEUR'],
    ['BTCEURI', 'BTC/EURI'],
    ['BNBETH', 'BNB/ETH'],
    ['WBTCBTC', 'WBTC/BTC'],
    ['TUSDT', 'T/USDT'],
    ['USDCUSDT', 'USDC/USDT'],
    ['BTCUSD1', 'BTC/USD1'],
    ['币安人生USDT', '币安人生/USDT'],
  ])('%s is %s', (wire, symbol) => {
    expect(splitBinanceSymbol(wire)).toBe(symbol);
    expect(venue.wireSymbol(symbol)).toBe(wire);
  });

  test('that was subscribed needs no guess', () => {
    const reading = venue.createMapper(['BTC/QQQ']).read(TRADE.replace('BTCUSDT', 'BTCQQQ'), RECEIVED_AT);
    expect(reading).toMatchObject({ events: [{ symbol: 'BTC/QQQ' }] });
  });
});

test('the simulated exchange speaks this dialect at its own address and says SIM', () => {
  const sim = findVenue('sim', 'spot', { simUrl: 'http://127.0.0.1:3901/' });
  expect(sim).toMatchObject({ name: 'sim', simulated: true, streamUrl: 'ws://127.0.0.1:3901/stream' });
  expect(sim.label).toContain('SIM');
  expect(sim.createMapper().read(TRADE, RECEIVED_AT)).toEqual({
    kind: 'events',
    events: [{ ...trade, venue: 'sim' }],
  });
});

test('many subscriptions go out in few messages', () => {
  const subscriptions = Array.from({ length: 250 }, (_, i) => ({
    channel: 'trades' as const,
    symbol: `A${i}/USDT`,
  }));
  const messages = venue.subscribe(subscriptions).map((text) => JSON.parse(text));
  expect(messages.map(({ params }) => params.length)).toEqual([100, 100, 50]);
  expect(messages[0].params[0]).toBe('a0usdt@trade');
});
