import { expect, test } from '@jest/globals';
import { describeKinds, kindOf, quoteCurrency, SYMBOL_KINDS } from './symbols.ts';

test.each(Object.entries(SYMBOL_KINDS))('a symbol tells its kind: %s', (kind, symbol) => {
  expect(kindOf(symbol)).toBe(kind);
});

test.each([
  ['settled in neither of its currencies is linear', 'BTC/USD:USDC', 'linear swap'],
  ['of a base with letters of any kind', 'kPEPE/USDT', 'spot'],
])('%s', (_name, symbol, kind) => {
  expect(kindOf(symbol)).toBe(kind);
});

test.each(['BTC', 'BTCUSDT', '', '/', 'BTC/USDT:', 'BTC/USDT:USDT-270326-100000-C', 'BTC/USDT/ETH', 'A B/C'])(
  '%j is of no kind that we know',
  (text) => expect(kindOf(text)).toBeUndefined(),
);

test('the quote currency is what prices are in', () => {
  expect(['BTC/USDT', 'BTC/USD:BTC', 'BTC/USDT:USDT-270326'].map(quoteCurrency)).toEqual([
    'USDT',
    'USD',
    'USDT',
  ]);
});

test('kinds are described with an example each', () => {
  expect(describeKinds(['linear swap', 'linear future'])).toBe(
    'linear swap and linear future symbols, such as BTC/USDT:USDT or BTC/USDT:USDT-270326',
  );
});
