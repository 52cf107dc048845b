import { expect, test } from '@jest/globals';
import { createBitfinex } from '../bitfinex/bitfinex.ts';
import { subscriptionsOf } from '../subscriptions.ts';
import { splitByAddress } from './feed-parts.ts';

const SYMBOLS = Array.from({ length: 100 }, (_, index) => `C${index}/USD`);

test('each connection has all of its symbols, and asks for trades and books before all else', () => {
  const venue = createBitfinex();
  const parts = splitByAddress(venue, subscriptionsOf(venue, SYMBOLS, ['1m']));
  expect(parts).toHaveLength(17);
  expect(parts.flatMap(({ wanted }) => wanted)).toHaveLength(400);
  for (const { wanted } of parts) {
    expect(wanted.length).toBeLessThanOrEqual(25);
    const symbols = new Set(wanted.map(({ symbol }) => symbol));
    const first = wanted.slice(0, 2 * symbols.size).map(({ channel }) => channel);
    expect(first).toEqual([...symbols].flatMap(() => ['trades', 'book']));
    expect(wanted).toHaveLength(4 * symbols.size);
  }
});
