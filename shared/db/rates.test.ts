import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type TestDatabase, testDatabase } from '../../ops/testing/services.ts';
import { Columns } from '../tasks/columns.ts';
import { addMarketFacts } from './market.ts';
import { listFunding, listMarks } from './rates.ts';

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db.drop());

const BTC = { venue: 'binance', symbol: 'BTC/USDT:USDT' };
const AT = Date.UTC(2026, 0, 5, 23, 59, 59, 999);
const DUE = Date.UTC(2026, 0, 6);

function batch() {
  const columns = new Columns('binance', 'live');
  const origin = { ...BTC, receivedAt: AT };
  columns.funding({ type: 'funding', ...origin, ts: AT, rate: '-0.00038167', nextFundingTs: DUE });
  columns.funding({ type: 'funding', ...origin, ts: AT + 2, rate: '0.0001', nextFundingTs: DUE });
  columns.mark({ type: 'mark', ...origin, ts: AT, price: '11794.15', indexPrice: '11784.62659091' });
  columns.mark({ type: 'mark', ...origin, ts: AT + 1_000, price: '11794.2' });
  return columns.build();
}

test('funding rates and mark prices come back exact, once, on both sides of midnight', async () => {
  expect(await addMarketFacts(db.sql, batch())).toMatchObject({ funding: 2, marks: 2, trades: 0 });
  expect(await addMarketFacts(db.sql, batch())).toMatchObject({ funding: 0, marks: 0 });
  const negative = { ...BTC, ts: AT, rate: '-0.00038167', nextFundingTs: DUE };
  const positive = { ...BTC, ts: AT + 2, rate: '0.0001', nextFundingTs: DUE };
  expect(await listFunding(db.sql, { ...BTC, limit: 10 })).toEqual([negative, positive]);
  expect(await listFunding(db.sql, { ...BTC, limit: 1 })).toEqual([positive]);
  expect(await listFunding(db.sql, { ...BTC, from: AT, to: AT + 1, limit: 10 })).toEqual([negative]);
  expect(await listMarks(db.sql, { ...BTC, from: AT, limit: 10 })).toEqual([
    { ...BTC, ts: AT, price: '11794.15', indexPrice: '11784.62659091' },
    { ...BTC, ts: AT + 1_000, price: '11794.2', indexPrice: null },
  ]);
  expect(await listMarks(db.sql, { ...BTC, symbol: 'ETH/USDT:USDT', limit: 10 })).toEqual([]);
});
