import { expect, test } from '@jest/globals';
import { intervalsOf } from './intervals.ts';

test('recorded intervals are finest first, however they were set', () => {
  expect(intervalsOf('sim', ['1h', '1s', '5m'])).toEqual(['1s', '5m', '1h']);
});

test('without a setting every venue has its usual ones', () => {
  expect(['sim', 'coinbase', 'kraken'].map((venue) => intervalsOf(venue, []))).toEqual([
    ['1s', '1m'],
    ['5m'],
    ['1m'],
  ]);
});
