import { expect, test } from '@jest/globals';
import { loadConfig } from '../config.ts';
import { SYMBOL_KINDS, type SymbolKind } from '../domain/symbols.ts';
import { UserError } from '../errors.ts';
import {
  entryOf,
  nativeEntries,
  producerName,
  readEntry,
  symbolsOf,
  venuesOf,
  watchedMarkets,
} from './entries.ts';
import { findLiveVenue, marketsOf, VENUE_NAMES } from './venues.ts';

test.each([
  ['binance', { name: 'binance', venue: 'binance', market: 'spot' }],
  ['binance:spot', { name: 'binance', venue: 'binance', market: 'spot' }],
  ['binance:usdm', { name: 'binance:usdm', venue: 'binance', market: 'usdm' }],
  ['okx:swap', { name: 'okx:swap', venue: 'okx', market: 'swap' }],
  ['ccxt:htx', { name: 'ccxt:htx', venue: 'ccxt:htx', market: 'spot', ccxtId: 'htx' }],
  ['ccxt:htx:swap', { name: 'ccxt:htx:swap', venue: 'ccxt:htx', market: 'swap', ccxtId: 'htx' }],
])('%s is one market of one venue', (text, entry) => {
  expect(readEntry(text)).toMatchObject(entry);
});

test.each([
  'nosuch',
  'binance:nosuch',
  'binance:usdm:x',
  'toString',
  '__proto__',
  '',
  ':',
  'constructor:spot',
])('%j is refused with a list of what exists', (text) => {
  expect(() => readEntry(text)).toThrow(UserError);
  expect(() => readEntry(text)).toThrow(/choose from .*binance, binance:usdm, .*kraken.*ccxt:<exchange>/);
});

test.each(['ccxt', 'ccxt:', 'ccxt:htx:option', 'ccxt:htx:swap:x'])(
  '%j is refused with what ccxt entries look like',
  (text) => {
    expect(() => readEntry(text)).toThrow(/ccxt:<exchange>:<market>, a market being spot, swap, future/);
  },
);

test('each entry takes the symbols of its market, and only those', () => {
  const symbols = Object.values(SYMBOL_KINDS);
  expect(symbolsOf(readEntry('binance'), symbols)).toEqual(['BTC/USDT']);
  expect(symbolsOf(readEntry('binance:usdm'), symbols)).toEqual(['BTC/USDT:USDT', 'BTC/USDT:USDT-270326']);
  expect(symbolsOf(readEntry('binance:coinm'), symbols)).toEqual(['BTC/USD:BTC', 'BTC/USD:BTC-270326']);
  expect(symbolsOf(readEntry('okx:swap'), symbols)).toEqual(['BTC/USDT:USDT', 'BTC/USD:BTC']);
  expect(symbolsOf(readEntry('okx:futures'), symbols)).toEqual([
    'BTC/USDT:USDT-270326',
    'BTC/USD:BTC-270326',
  ]);
});

test('no symbol is of two markets of one venue, so that the archive needs no market', () => {
  for (const name of VENUE_NAMES) {
    const kinds: SymbolKind[] = marketsOf(name).flatMap(({ takes }) => takes);
    expect([name, kinds]).toEqual([name, [...new Set(kinds)]]);
  }
});

test.each([
  ['binance', 'BTC/USDT', 'binance'],
  ['binance', 'BTC/USDT:USDT', 'binance:usdm'],
  ['binance', 'BTC/USD:BTC-270326', 'binance:coinm'],
  ['okx', 'BTC/USD:BTC', 'okx:swap'],
  ['ccxt:htx', 'BTC/USDT:USDT', 'ccxt:htx:swap'],
  ['kraken', 'BTC/USDT:USDT', undefined],
  ['nosuch', 'BTC/USDT', undefined],
])('what is archived as %s %s is of the market %s', (venue, symbol, name) => {
  expect(entryOf(venue, symbol)?.name).toBe(name);
});

test('the name of every native entry leads back to it', () => {
  for (const entry of nativeEntries()) expect(readEntry(entry.name)).toEqual(entry);
});

test('what a cluster watches follows from its exchanges and symbols', () => {
  const config = loadConfig({
    SUPPORTED_EXCHANGES: 'sim, binance:usdm, binance:spot, ccxt:htx:swap',
    SYMBOLS: 'BTC/USDT, ETH/USDT:USDT',
  });
  expect(config.SUPPORTED_EXCHANGES).toEqual(['sim', 'binance:usdm', 'binance', 'ccxt:htx:swap']);
  expect(venuesOf(config.SUPPORTED_EXCHANGES)).toEqual(['sim', 'binance', 'ccxt:htx']);
  expect(watchedMarkets(config)).toEqual([
    { venue: 'sim', symbol: 'BTC/USDT' },
    { venue: 'binance', symbol: 'ETH/USDT:USDT' },
    { venue: 'binance', symbol: 'BTC/USDT' },
    { venue: 'ccxt:htx', symbol: 'ETH/USDT:USDT' },
  ]);
});

test.each([
  [{ SUPPORTED_EXCHANGES: 'binance,binance:spot' }, /SUPPORTED_EXCHANGES=.* names binance twice/],
  [
    { SUPPORTED_EXCHANGES: 'Binance!' },
    /SUPPORTED_EXCHANGES=Binance! .*such as binance, binance:usdm or ccxt:htx/,
  ],
  [{ SYMBOLS: 'BTC/USDT,BTC/USDT' }, /SYMBOLS=.* names BTC\/USDT twice/],
  [{ SYMBOLS: 'BTCUSDT' }, /SYMBOLS=BTCUSDT .*such as BTC\/USDT or BTC\/USDT:USDT/],
])('settings that cannot be meant are refused: %j', (settings, sentence) => {
  expect(() => loadConfig(settings)).toThrow(sentence);
});

test('a dated future is a symbol that may be set', () => {
  expect(loadConfig({ SYMBOLS: 'BTC/USDT:USDT-270326' }).SYMBOLS).toEqual(['BTC/USDT:USDT-270326']);
});

test('the simulated exchange is not connected to before anyone has said where it is', () => {
  expect(() => findLiveVenue('sim', 'spot', {})).toThrow(/SIM_URL is not set/);
  expect(findLiveVenue('sim', 'spot', { simUrl: 'http://127.0.0.1:3901' }).streamUrl).toBe(
    'ws://127.0.0.1:3901/stream',
  );
});

test('a producer has a name that is fit for a file', () => {
  expect(['sim', 'binance:usdm', 'ccxt:htx:swap'].map(producerName)).toEqual([
    'producer-sim',
    'producer-binance-usdm',
    'producer-ccxt-htx-swap',
  ]);
});
