import { expect, test } from '@jest/globals';
import { ccxtRowsInThread } from './ccxt/in-thread.ts';
import { nativeEntries, readEntry } from './entries.ts';
import { nativeRows } from './venue-table.ts';

const rowOf = (entry: string) => nativeRows().find((row) => row.entry === entry);

test('every market that has an adapter has its row, under the name that SUPPORTED_EXCHANGES takes', () => {
  expect(nativeRows().map(({ entry }) => entry)).toEqual(nativeEntries().map(({ name }) => name));
});

test('a venue that proves everything has no caveat', () => {
  expect(rowOf('binance:usdm')).toMatchObject({
    ...{ bookSource: 'rest', bookBreaks: ['previous ids'], tradeBreaks: 'ids', backfill: 'by id' },
    ...{ sizes: 'coins', digits: 'exact', lifeMs: 23.5 * 3_600_000, reader: 'millrace', caveats: [] },
  });
});

test('what a venue can’t promise is said', () => {
  expect(rowOf('bybit')?.caveats).toEqual([
    'no trade ids that rise by one: only an interruption shows that trades may be missing',
    'of missed trades only the newest 60 come back',
  ]);
});

test('every exchange that ccxt streams has its rows, with what comes of floats and of no sequence checks', async () => {
  const rows = await ccxtRowsInThread();
  expect(rows.length).toBeGreaterThan(100);
  expect(
    rows.every(({ reader, digits, bookBreaks }) => `${reader} ${digits} ${bookBreaks}` === 'ccxt floats '),
  ).toBe(true);
  for (const { entry, venue, market } of rows) expect(readEntry(entry)).toMatchObject({ venue, market });
  const htx = rows.find(({ entry }) => entry === 'ccxt:htx:swap');
  expect(htx?.caveats.join()).toMatch(/no sequence check.*floats.*no raw frames/);
  expect(await ccxtRowsInThread()).toBe(rows);
});
