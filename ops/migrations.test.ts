import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { runner } from 'node-pg-migrate';
import { listBuiltCandles } from '../shared/db/built-candles.ts';
import { buildCandles } from '../shared/db/candle-builds.ts';
import { listCandles } from '../shared/db/candles.ts';
import { listTrades } from '../shared/db/trades.ts';
import { migrateUp, ROOT } from './migrations.ts';
import { emptyDatabase, type TestDatabase } from './testing/services.ts';

let db: TestDatabase;
beforeAll(async () => {
  db = await emptyDatabase();
});
afterAll(() => db.drop());

test('a database of before the archive’s upkeep is brought up with its data, whose candles are built', async () => {
  const options = {
    databaseUrl: db.url,
    dir: join(ROOT, 'migrations'),
    migrationsTable: 'schema_migrations',
  };
  await runner({ ...options, direction: 'up', count: 6, log: () => {} });
  await db.sql`INSERT INTO instruments (venue, symbol) VALUES ('sim', 'BTC/USDT')`;
  await db.sql`SELECT ensure_partition(part, day) FROM unnest(ARRAY['trades', 'candles']) part,
    generate_series('2026-01-30'::timestamptz, '2026-02-02', '1 day') day`;
  await db.sql`INSERT INTO trades SELECT 1, '2026-01-30'::timestamptz + n * interval '1 minute', n::text, n, 1, 'buy'
    FROM generate_series(1, 5000) n`;
  await db.sql`INSERT INTO candles SELECT 1, '1m', '2026-01-30'::timestamptz + n * interval '1 minute', n, n, n, n, 1
    FROM generate_series(1, 5000) n`;
  expect(await migrateUp(db.url)).toContain('0008_archive');
  expect(await migrateUp(db.url)).toEqual([]);

  const of = { venue: 'sim', symbol: 'BTC/USDT', interval: '1m', from: 0, limit: 10_000 } as const;
  const published = await listCandles(db.sql, of);
  expect(published).toHaveLength(5_000);
  expect(await listTrades(db.sql, { ...of, limit: 10_000 })).toHaveLength(5_000);
  await buildCandles(db.sql);
  const built = await listBuiltCandles(db.sql, of);
  expect(built.map(({ quoteVolume, trades, ...candle }) => candle)).toEqual(published);
  expect(await listBuiltCandles(db.sql, { ...of, interval: '1d' })).toMatchObject([
    { open: '1', close: '1439', volume: '1439', trades: 1_439 },
    { open: '1440', close: '2879', trades: 1_440 },
    { open: '2880', close: '4319', trades: 1_440 },
    { open: '4320', close: '5000', trades: 681 },
  ]);
});
