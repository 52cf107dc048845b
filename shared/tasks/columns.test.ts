import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parsePayload } from './catalogue.ts';
import { Columns } from './columns.ts';

const of = { venue: 'sim', symbol: 'BTC/USDT', ts: 1_700_000_000_000, receivedAt: 1_700_000_000_005 };
const trade = { type: 'trade', ...of, id: '7', price: '61684.01', size: '0.1', side: 'buy' } as const;

test('events become columns, symbols 1-based indexes, the oldest receipt the batch’s', () => {
  const columns = new Columns('sim', 'live');
  columns.trade(trade);
  columns.trade({ ...trade, symbol: 'ETH/USDT', id: '8', side: 'sell', receivedAt: of.receivedAt - 4 });
  columns.book({ ...of, bids: [['9', '1']], asks: [] });
  expect(columns.count).toBe(3);
  expect(parsePayload('archive_batch', columns.build())).toEqual({
    venue: 'sim',
    source: 'live',
    receivedAt: of.receivedAt - 4,
    symbols: ['BTC/USDT', 'ETH/USDT'],
    trades: {
      count: 2,
      symbol: '{1,2}',
      ts: '{1700000000000,1700000000000}',
      id: '{7,8}',
      price: '{61684.01,61684.01}',
      size: '{0.1,0.1}',
      side: '{buy,sell}',
    },
    books: {
      count: 1,
      symbol: '{1}',
      ts: '{1700000000000}',
      bids: '{"[[\\"9\\",\\"1\\"]]"}',
      asks: '{"[]"}',
    },
  });
});

test('a trade id with any characters stays one cell', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), (id) => {
      const columns = new Columns('sim', 'live');
      columns.trade({ ...trade, id });
      expect(cellsOf(columns.build().trades?.id ?? '')).toEqual([id]);
    }),
  );
});

/** Reads an array literal by PostgreSQL's rules. https://www.postgresql.org/docs/current/arrays.html#ARRAYS-IO */
function cellsOf(literal: string): string[] {
  const cells = literal.slice(1, -1).match(/"(?:[^"\\]|\\[\s\S])*"|[^,"]+/g) ?? [];
  return cells.map((cell) => (cell.startsWith('"') ? cell.slice(1, -1).replace(/\\([\s\S])/g, '$1') : cell));
}
