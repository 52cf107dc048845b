import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { BookUpdate, Level } from '../domain/market.ts';
import { createBinance } from './binance/binance.ts';
import { Book } from './book.ts';
import { BookSide } from './book-side.ts';
import { createKraken } from './kraken/kraken.ts';
import { krakenChecksum } from './kraken/kraken-checksum.ts';

const origin = { type: 'book', venue: 'binance', symbol: 'BTC/USDT', ts: 1, receivedAt: 1 } as const;
const whole = (last: number, bids: Level[] = [['100', '1']], asks: Level[] = [['101', '1']]): BookUpdate => ({
  ...origin,
  kind: 'snapshot',
  bids,
  asks,
  last,
});
const change = (first: number, last: number, bids: Level[] = [], asks: Level[] = []): BookUpdate => ({
  ...origin,
  kind: 'delta',
  bids,
  asks,
  first,
  last,
});

describe('a book with update ids', () => {
  const open = (...updates: BookUpdate[]) => {
    const book = new Book(createBinance().book);
    for (const update of updates) book.apply(update);
    return book;
  };

  test('waits for its first whole book, then drops what that holds and applies the rest', () => {
    const book = open(change(1, 4), change(5, 8), change(9, 12, [['100', '7']]));
    expect(book.state).toBe('syncing');
    expect(book.apply(whole(10))).toBe('live');
    expect(book.counters).toMatchObject({ updates: 1, gaps: 0, resyncs: 0, staleBeforeSnapshot: 2 });
    expect(book.top(1).bids).toEqual([['100', '7']]);
    expect(book.id).toBe(12);
  });

  test('goes stale at a gap, keeps what follows, and is right again after the next whole book', () => {
    const book = open(
      whole(10),
      change(11, 12),
      change(15, 16, [['99', '2']]),
      change(17, 18, [['98', '3']]),
    );
    expect(book.state).toBe('stale');
    expect(book.counters.gaps).toBe(1);
    expect(book.apply(whole(16, [['99', '2']]))).toBe('live');
    expect(book.counters).toMatchObject({ updates: 2, gaps: 1, resyncs: 1, staleBeforeSnapshot: 1 });
    expect(book.top(5).bids).toEqual([
      ['99', '2'],
      ['98', '3'],
    ]);
  });

  test('a whole book that ends before the gap does not mend it, and is not counted as another gap', () => {
    const book = open(whole(10), change(15, 16));
    expect(book.isTooOld(whole(12))).toBe(true);
    expect(book.apply(whole(12))).toBe('stale');
    expect(book.counters).toMatchObject({ gaps: 1, resyncs: 0 });
    expect(book.isTooOld(whole(14))).toBe(false);
    expect(book.apply(whole(14))).toBe('live');
    expect(book.counters).toMatchObject({ gaps: 1, resyncs: 1, updates: 1 });
  });

  test('a change lost between the first whole book and what was kept is a gap', () => {
    const book = open(change(1, 4), change(9, 12), whole(6));
    expect(book.state).toBe('stale');
    expect(book.counters.gaps).toBe(1);
  });

  test('a repeated change is no gap and changes nothing', () => {
    const book = open(whole(10), change(11, 12, [['100', '5']]), change(11, 12, [['100', '9']]));
    expect(book.state).toBe('live');
    expect(book.counters).toMatchObject({ updates: 1, gaps: 0 });
    expect(book.top(1).bids).toEqual([['100', '5']]);
  });

  test('a whole book older than a live one is passed over', () => {
    const book = open(whole(10), change(11, 12, [['100', '5']]), whole(11), change(13, 13));
    expect(book.state).toBe('live');
    expect(book.counters).toMatchObject({ updates: 2, gaps: 0, resyncs: 0 });
  });

  test('a lost connection makes it stale until a whole book of the next one', () => {
    const book = open(whole(10));
    book.disconnect();
    expect(book.state).toBe('stale');
    book.apply(change(50, 51));
    expect(book.apply(whole(50))).toBe('live');
    expect(book.counters).toMatchObject({ gaps: 0, resyncs: 1, updates: 1 });
  });
});

describe('a book with checksums', () => {
  const wired = (
    bids: Level[],
    asks: Level[],
    checksum: number,
    kind: BookUpdate['kind'] = 'delta',
  ): BookUpdate => ({
    ...origin,
    kind,
    bids,
    asks,
    checksum,
    decimals: [1, 8],
    ...(kind === 'snapshot' && { depth: 10 }),
  });
  const sum = (bids: Level[], asks: Level[]) => krakenChecksum()(bids, asks, [1, 8]);
  const bids: Level[] = [['100', '0.001']];
  const asks: Level[] = [['101', '2']];

  test('goes stale at the first mismatch and takes nothing until the next whole book', () => {
    const book = new Book(createKraken().book);
    expect(book.apply(wired(bids, asks, sum(bids, asks), 'snapshot'))).toBe('live');
    expect(book.apply(wired([['100', '0.002']], [], 1))).toBe('stale');
    expect(book.apply(wired([['100', '0.001']], [], sum(bids, asks)))).toBe('stale');
    expect(book.counters).toMatchObject({ checksums: { ok: 1, bad: 1 }, staleBeforeSnapshot: 1 });
    expect(book.apply(wired(bids, asks, sum(bids, asks), 'snapshot'))).toBe('live');
    expect(book.counters).toMatchObject({ checksums: { ok: 2, bad: 1 }, resyncs: 1 });
  });

  test('applies one price several times in order, and cuts to its depth before it compares', () => {
    const ten: Level[] = Array.from({ length: 10 }, (_, i) => [String(100 - i), '1']);
    const book = new Book(createKraken().book);
    book.apply(wired(ten, asks, sum(ten, asks), 'snapshot'));
    const after: Level[] = [['100.5', '3'], ...ten.slice(0, 9)];
    const update: Level[] = [
      ['100.5', '9'],
      ['100.5', '0'],
      ['100.5', '3'],
    ];
    expect(book.apply(wired(update, [], sum(after, asks)))).toBe('live');
    expect(book.levels).toEqual([10, 1]);
  });
});

describe('a side of a book', () => {
  test.each(['bids', 'asks'] as const)('of %s equals a sorted map, whatever comes', (side) => {
    const level = fc.tuple(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 0, max: 3 }));
    fc.assert(
      fc.property(fc.array(level, { maxLength: 200 }), (steps) => {
        const held = new BookSide(side);
        const map = new Map<number, string>();
        for (const [price, size] of steps) {
          held.set([String(price / 4), String(size)]);
          if (size === 0) map.delete(price / 4);
          else map.set(price / 4, String(size));
        }
        const sorted = [...map].sort((a, b) => (side === 'bids' ? b[0] - a[0] : a[0] - b[0]));
        expect(held.top(1_000)).toEqual(sorted.map(([price, size]) => [String(price), size]));
        expect(held.top(3)).toEqual(held.top(1_000).slice(0, 3));
      }),
    );
  });
});
