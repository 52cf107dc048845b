import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type TestDatabase, testDatabase } from '../../ops/testing/services.ts';
import { CandleBuilder } from '../domain/candle-builder.ts';
import { Decimal } from '../domain/decimal.ts';
import type { Trade } from '../domain/market.ts';
import { Columns } from '../tasks/columns.ts';
import { findArchiveLayout } from './archive-layout.ts';
import { compressParts } from './archive-parts.ts';
import { BUILT_INTERVALS, listBuiltCandles } from './built-candles.ts';
import { buildCandles } from './candle-builds.ts';
import { saveHorizon } from './horizons.ts';
import { addMarketFacts } from './market.ts';

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db.drop());

const SYMBOLS = ['BTC/USDT', 'ETH/USDT'];
const START = Date.UTC(2026, 2, 28, 21, 30);
const HOURS = 30;
const COUNT = 40_000;

/** Trades of 30 hours over two midnights, a third of them several in a millisecond; the ids grow a digit on the way. */
function makeTrades(): Trade[] {
  let seed = 7;
  const random = () => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed / 2_147_483_647;
  };
  let ts = START;
  return Array.from({ length: COUNT }, (_, n) => {
    if (random() > 0.33) ts += Math.ceil(((random() * 2 * HOURS * 3_600_000) / COUNT) * 1.5);
    return {
      ...{ type: 'trade', venue: 'sim', symbol: SYMBOLS[n % 2] as string, ts, receivedAt: ts },
      ...{
        id: String(99_980_000 + n),
        price: new Decimal(60_000 + Math.floor(random() * 5_000)).div(100).toFixed(),
      },
      ...{
        size: new Decimal(1 + Math.floor(random() * 1e6)).div(1e5).toFixed(),
        side: n % 3 ? 'buy' : 'sell',
      },
    } as Trade;
  });
}

const trades = makeTrades();
/** A quarter of all comes late. */
const isLate = (_: unknown, n: number) => n % 8 < 2;

async function archive(some: readonly Trade[]): Promise<number> {
  let added = 0;
  for (let from = 0; from < some.length; from += 2_000) {
    const columns = new Columns('sim', 'backfill');
    for (const trade of some.slice(from, from + 2_000)) columns.trade(trade);
    added += (await addMarketFacts(db.sql, columns.build())).trades;
  }
  return added;
}

/** How many candles differ from those of the same trades built in memory, of all levels and both symbols. */
async function differences(of: readonly Trade[]): Promise<{ candles: number; different: number }> {
  let candles = 0;
  let different = 0;
  for (const symbol of SYMBOLS) {
    for (const interval of BUILT_INTERVALS) {
      const mine = of.filter((trade) => trade.symbol === symbol);
      const expected = inMemory(mine, interval);
      const query = { venue: 'sim', symbol, interval, from: 0, limit: 1_000_000 };
      const built = await listBuiltCandles(db.sql, query);
      candles += expected.length;
      different += Math.abs(expected.length - built.length);
      for (const [n, candle] of expected.entries()) {
        if (JSON.stringify(candle) !== JSON.stringify(factsOf(built[n]))) different++;
      }
    }
  }
  return { candles, different };
}

function inMemory(some: readonly Trade[], interval: (typeof BUILT_INTERVALS)[number]) {
  const builder = new CandleBuilder(interval);
  for (const trade of some) builder.add(trade);
  return builder.build();
}

const factsOf = (row: Awaited<ReturnType<typeof listBuiltCandles>>[number] | undefined) =>
  row && { ts: row.ts, open: row.open, high: row.high, low: row.low, close: row.close, volume: row.volume };

test('candles of all levels are those of the archived trades, before and after they are built', async () => {
  const early = trades.filter((trade, n) => !isLate(trade, n));
  expect(await archive(early)).toBe(early.length);
  expect(await differences(early)).toMatchObject({ different: 0 });
  await buildCandles(db.sql);
  expect(await differences(early)).toMatchObject({ different: 0 });
});

test('10,000 late trades make the candles of their buckets right again at every level, in compressed chunks too', async () => {
  if ((await findArchiveLayout(db.sql)) === 'columnstore')
    expect(await compressParts(db.sql, Date.now())).toBe(3);
  const late = trades.filter(isLate);
  expect(late.length).toBe(10_000);
  expect(await archive(late)).toBe(late.length);
  await buildCandles(db.sql);
  const { candles, different } = await differences(trades);
  expect(candles).toBeGreaterThan(4_000);
  expect(different).toBe(0);
});

test('the same trades again, into compressed chunks too, change nothing', async () => {
  expect(await archive(trades.slice(0, 6_000))).toBe(0);
  await buildCandles(db.sql);
  expect(await differences(trades)).toMatchObject({ different: 0 });
});

test('quote volume and trade count come along, level by level', async () => {
  const [symbol] = SYMBOLS as [string];
  const mine = trades.filter((trade) => trade.symbol === symbol);
  const quote = mine.reduce(
    (sum, { price, size }) => sum.plus(new Decimal(price).times(size)),
    new Decimal(0),
  );
  for (const interval of BUILT_INTERVALS) {
    const built = await listBuiltCandles(db.sql, {
      venue: 'sim',
      symbol,
      interval,
      from: 0,
      limit: 1_000_000,
    });
    expect(built.reduce((sum, candle) => sum + candle.trades, 0)).toBe(mine.length);
    expect(built.reduce((sum, { quoteVolume }) => sum.plus(quoteVolume), new Decimal(0)).toFixed()).toBe(
      quote.toFixed(),
    );
  }
});

test('a candle that is still open is not listed', async () => {
  const columns = new Columns('sim', 'live');
  const ts = Date.now();
  columns.trade({ ...(trades[0] as Trade), ts, id: '1' });
  await addMarketFacts(db.sql, columns.build());
  const query = { venue: 'sim', symbol: 'BTC/USDT', interval: '1d', limit: 1 } as const;
  const [last] = await listBuiltCandles(db.sql, query);
  expect(last?.ts).toBeLessThan(START + (HOURS + 24) * 3_600_000);
});

test('a late trade from before the horizon leaves the candle of trades that are gone as it is', async () => {
  await saveHorizon(db.sql, 'trades', Date.UTC(2026, 2, 29));
  const query = { venue: 'sim', symbol: 'BTC/USDT', interval: '1m', from: START, limit: 1 } as const;
  const before = await listBuiltCandles(db.sql, query);
  const columns = new Columns('sim', 'backfill');
  columns.trade({ ...(trades[0] as Trade), id: '2', price: '1' });
  await addMarketFacts(db.sql, columns.build());
  await buildCandles(db.sql);
  expect(await listBuiltCandles(db.sql, query)).toEqual(before);
});
