import { expect, test } from '@jest/globals';
import { nearest } from './near.ts';

const NAMES = ['BTC/USDT', 'BTC/USDC', 'ETH/USDT', 'XRP/EUR', 'BTC/USDT:USDT'];

test('names are told by how they are spelled, the likest first', () => {
  expect(nearest('BTC/USD', NAMES, 3)).toEqual(['BTC/USDC', 'BTC/USDT', 'BTC/USDT:USDT']);
  expect(nearest('xrpeur', NAMES, 1)).toEqual(['XRP/EUR']);
});

test('what is like nothing has no neighbours', () => {
  expect(nearest('QQQ', NAMES)).toEqual([]);
  expect(nearest('', NAMES)).toEqual([]);
});
