import { afterEach, expect, test } from '@jest/globals';
import type { BookUpdate } from '../../domain/market.ts';
import { Book } from '../book.ts';
import type { BookTop } from '../venue.ts';
import { findVenue } from '../venues.ts';
import { BookAudit, type BookAuditOptions, differences } from './book-audit.ts';

const right: BookTop = {
  bids: [
    ['100', '1'],
    ['99', '2'],
  ],
  asks: [
    ['101', '3'],
    ['102', '4'],
  ],
};
const wrong: BookTop = { ...right, bids: [right.bids[0] as never, ['99', '7']] };
const update = (kind: 'snapshot' | 'delta', top: BookTop): BookUpdate => ({
  ...{ type: 'book', kind, venue: 'x', symbol: 'A/B', ts: 1, receivedAt: 1, ...top },
});

let audit: BookAudit;
let book: Book;
afterEach(() => audit?.close());

/** What it did, in order. */
function start(options: Partial<BookAuditOptions>): string[] {
  const done: string[] = [];
  audit = new BookAudit({
    symbols: ['A/B'],
    book: () => book,
    hasRoom: () => true,
    distrust: (symbol, cause) => {
      done.push(`${symbol} ${cause}`);
      book.disconnect();
    },
    onAudited: (_symbol, isRight) => done.push(isRight ? 'right' : 'wrong'),
    everyMs: 100,
    ...options,
  });
  audit.start();
  return done;
}

function live(top: BookTop) {
  book = new Book({ snapshot: 'stream' });
  book.apply(update('snapshot', top));
}

async function until(condition: () => boolean) {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}

test('a level that differs in what all three cover is found, with our size', () => {
  expect(differences(right, right, right)).toEqual(new Set());
  expect(differences(wrong, right, wrong)).toEqual(new Set(['bids 99 7']));
  const lacking: BookTop = { ...right, asks: [['102', '4']] };
  expect(differences(lacking, right, lacking)).toEqual(new Set(['asks 101 none']));
  expect(differences(right, lacking, right)).toEqual(new Set(['asks 101 3']));
});

test('a level that ours changed meanwhile, or that lies below what one of them covers, proves nothing', () => {
  expect(
    differences(wrong, right, {
      ...right,
      bids: [
        ['100', '1'],
        ['99', '8'],
      ],
    }),
  ).toEqual(new Set());
  expect(differences(right, { ...right, bids: [['100', '1']] }, right)).toEqual(new Set());
  expect(differences(right, { bids: [], asks: [] }, right)).toEqual(new Set());
});

test('a right book passes, time and again', async () => {
  live(right);
  const done = start({ fetchTop: async () => right });
  await until(() => done.length >= 2);
  expect(new Set(done)).toEqual(new Set(['right']));
});

test('a difference that is gone with the next look was the time between two answers', async () => {
  live(right);
  let looks = 0;
  const done = start({ fetchTop: async () => (looks++ === 0 ? wrong : right) });
  await until(() => done.length > 0);
  expect([done[0], looks]).toEqual(['right', 2]);
});

test('one that stays makes the book stale', async () => {
  live(wrong);
  const done = start({ fetchTop: async () => right });
  await until(() => done.length >= 2);
  expect(done).toEqual(['wrong', 'A/B audit']);
  expect(book.state).toBe('stale');
});

test('a quiet book that can be compared with nothing is asked for anew; one that moves is not', async () => {
  live(right);
  const done = start({ everyMs: 600 });
  for (let moves = 0; moves < 20; moves++) {
    book.apply(update('delta', right));
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  expect(done).toEqual([]);
  await until(() => done.length > 0);
  expect(done).toEqual(['A/B quiet']);
});

test('nothing is asked while the REST budget is needed for more', async () => {
  live(right);
  const done = start({ hasRoom: () => false, fetchTop: async () => right });
  await new Promise((resolve) => setTimeout(resolve, 700));
  expect(done).toEqual([]);
});

const tops: [name: string, market: string, symbol: string, call: object, answer: object][] = [
  [
    ...(['okx', 'swap', 'BTC/USDT:USDT'] as const),
    { method: 'publicGetMarketBooks', params: { instId: 'BTC-USDT-SWAP', sz: 50 } },
    {
      code: '0',
      msg: '',
      data: [{ bids: [['99.50', '1.0', '0', '2']], asks: [['100', '2', '0', '1']], ts: '1' }],
    },
  ],
  [
    ...(['bybit', 'linear', 'BTC/USDT:USDT'] as const),
    { method: 'publicGetV5MarketOrderbook', params: { category: 'linear', symbol: 'BTCUSDT', limit: 50 } },
    { retCode: 0, result: { s: 'BTCUSDT', b: [['99.50', '1.0']], a: [['100', '2']], ts: 1, u: 1 } },
  ],
  [
    ...(['coinbase', 'spot', 'BTC/USD'] as const),
    { method: 'v3PublicGetBrokerageMarketProductBook', params: { product_id: 'BTC-USD', limit: 50 } },
    { pricebook: { bids: [{ price: '99.50', size: '1.0' }], asks: [{ price: '100', size: '2' }] } },
  ],
  [
    ...(['gate', 'spot', 'BTC/USDT'] as const),
    { method: 'publicSpotGetOrderBook', params: { currency_pair: 'BTC_USDT', limit: 50 } },
    { current: 1, update: 1, bids: [['99.50', '1.0']], asks: [['100', '2']] },
  ],
  [
    ...(['kucoin', 'spot', 'BTC/USDT'] as const),
    { method: 'publicGetMarketOrderbookLevel2100', params: { symbol: 'BTC-USDT' } },
    { code: '200000', data: { sequence: '1', bids: [['99.50', '1.0']], asks: [['100', '2']] } },
  ],
  [
    ...(['bitget', 'spot', 'BTC/USDT'] as const),
    { method: 'publicSpotGetV2SpotMarketOrderbook', params: { symbol: 'BTCUSDT', limit: 50 } },
    { code: '00000', data: { bids: [['99.50', '1.0']], asks: [['100', '2']], ts: '1' } },
  ],
];

test.each(tops)('of %s %s: the top of %s is asked for and read', (name, market, symbol, call, answer) => {
  const { bookTop } = findVenue(name, market).history;
  expect(bookTop?.call(symbol)).toMatchObject(call);
  expect(bookTop?.read(answer)).toEqual({ bids: [['99.5', '1']], asks: [['100', '2']] });
});
