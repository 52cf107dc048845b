import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { testContext } from '../../ops/testing/context.ts';
import { type TestDatabase, type TestRedis, testDatabase, testRedis } from '../../ops/testing/services.ts';
import { findEvaluatedTo, saveEvaluatedTo } from '../../shared/db/evaluations.ts';
import { addMarketFacts } from '../../shared/db/market.ts';
import { listOutbox } from '../../shared/db/outbox.ts';
import { listSignals } from '../../shared/db/signals.ts';
import { Decimal } from '../../shared/domain/decimal.ts';
import type { OrderFlow } from '../../shared/domain/order-flow.ts';
import { Columns } from '../../shared/tasks/columns.ts';
import type { TaskContext } from '../context.ts';
import { evaluateCandles } from './evaluate-candles.ts';
import { WindowStore } from './window-store.ts';

const STEP = 1_000;
const SYMBOL = 'BTC/USDT';
const OLD = Date.UTC(2026, 0, 5);

let db: TestDatabase;
let redis: TestRedis;
let context: TaskContext;
beforeAll(async () => {
  [db, redis] = await Promise.all([testDatabase(), testRedis()]);
  context = testContext(db, redis, { SMTP_URL: 'smtp://localhost', MAIL_TO: 'me@example.org' });
});
afterAll(async () => {
  await context.queues.close();
  await Promise.all([db.drop(), redis.close()]);
});
beforeEach(async () => {
  await db.sql`TRUNCATE signals, candles, evaluations, outbox CASCADE`;
  await redis.redis.flushdb();
});

/** A slow wave with a ripple: crossings every hundred candles or so, prices with cents. */
const closeAt = (i: number) => (1_000 + 50 * Math.sin(i / 60) + ((i * 7919) % 13)).toFixed(2);
const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);

async function archive(indexes: number[], { from = OLD, symbol = SYMBOL, venue = 'sim' } = {}) {
  const column = (values: (string | number)[]) => `{${values.join()}}`;
  const closes = indexes.map(closeAt);
  const candles = {
    symbol: column(indexes.map(() => 1)),
    ts: column(indexes.map((i) => from + i * STEP)),
    interval: column(indexes.map(() => '1s')),
    ...{ open: column(closes), high: column(closes), low: column(closes), close: column(closes) },
    volume: column(indexes.map(() => 1)),
  };
  await addMarketFacts(db.sql, { venue, symbols: [symbol], candles });
}

const evaluate = (
  upTo: number,
  {
    from,
    source = 'backfill',
    base = OLD,
    venue = 'sim',
    symbol = SYMBOL,
  }: {
    from?: number;
    source?: 'live' | 'backfill' | 'replay';
    base?: number;
    venue?: string;
    symbol?: string;
  } = {},
) =>
  evaluateCandles(
    {
      venue,
      symbol,
      interval: '1s',
      upTo: base + upTo * STEP,
      source,
      ...(from !== undefined && { from: base + from * STEP }),
    },
    context,
  );

const stored = async () =>
  (await listSignals(db.sql, { limit: 1_000 }))
    .map(({ ts, side, price, details, live }) => ({ ts, side, price, details, live }))
    .reverse();

/** The same by plain arithmetic, each window summed anew; `holes` are indexes that are missing. */
function expected(indexes: number[], from = OLD) {
  const have = new Set(indexes);
  const mean = (i: number, n: number) =>
    range(i - n + 1, i + 1)
      .reduce((sum, j) => sum.plus(closeAt(j)), new Decimal(0))
      .div(n);
  return indexes.flatMap((i) => {
    if (!range(i - 200, i).every((j) => have.has(j))) return [];
    const [before, after] = [mean(i - 1, 50).cmp(mean(i - 1, 200)), mean(i, 50).cmp(mean(i, 200))];
    const side = before <= 0 && after > 0 ? 'buy' : before >= 0 && after < 0 ? 'sell' : undefined;
    if (!side) return [];
    const details = { ma50: mean(i, 50).toFixed(), ma200: mean(i, 200).toFixed() };
    return [
      { ts: from + (i + 1) * STEP, side, price: new Decimal(closeAt(i)).toFixed(), details, live: false },
    ];
  });
}

const windows = async (prefix = '') => ({
  fast: await redis.redis.lrange(`${prefix}${SYMBOL}:1s:ma50`, '0', '-1'),
  slow: await redis.redis.lrange(`${prefix}${SYMBOL}:1s:ma200`, '0', '-1'),
});
const closes = (from: number, to: number) => range(from, to).map((i) => new Decimal(closeAt(i)).toFixed());
const plain = (values: string[]) => values.map((value) => new Decimal(value).toFixed());

test('a thousand candles of history give exactly the crossings that plain arithmetic gives', async () => {
  await archive(range(0, 1_000));
  await evaluate(999);
  const signals = await stored();
  expect(signals.length).toBeGreaterThan(2);
  expect(signals.map((each) => ({ ...each, price: new Decimal(each.price).toFixed() }))).toEqual(
    expected(range(0, 1_000)),
  );
  const { fast, slow } = await windows();
  expect(plain(fast)).toEqual(closes(950, 1_000));
  expect(plain(slow)).toEqual(closes(800, 1_000));
});

test('one candle at a time gives the same signals and windows as all at once', async () => {
  await archive(range(0, 700));
  await evaluate(699);
  const [all, lists] = [await stored(), await windows()];
  await db.sql`TRUNCATE signals, evaluations CASCADE`;
  await redis.redis.flushdb();
  for (const i of range(0, 700)) if (i < 195 ? i === 194 : i < 420 || i === 699) await evaluate(i);
  expect(await stored()).toEqual(all);
  expect(await windows()).toEqual(lists);
});

test('a second run of every job, a replay and an emptied Redis add no signal and leave the same windows', async () => {
  await archive(range(0, 900));
  await evaluate(499);
  await evaluate(899);
  const before = [await stored(), await windows()];
  await evaluate(499);
  await evaluate(899, { from: 0 });
  expect([await stored(), await windows()]).toEqual(before);
  await redis.redis.flushdb();
  await evaluate(899);
  expect([await stored(), await windows()]).toEqual(before);
  expect(await redis.redis.get(`millrace:signal:latest:sim:${SYMBOL}:1s`)).toContain(
    String((await stored()).at(-1)?.ts),
  );
});

test('after Redis was emptied only the candles after the last evaluated one are looked at again', async () => {
  await archive(range(0, 900));
  await evaluate(899);
  await db.sql`TRUNCATE signals CASCADE`;
  await redis.redis.flushdb();
  await archive(range(900, 1_300));
  await evaluate(1_299);
  const from = OLD + 900 * STEP;
  expect((await stored()).map(({ ts }) => ts)).toEqual(
    expected(range(0, 1_300)).flatMap(({ ts }) => (ts > from ? [ts] : [])),
  );
});

test('no mean is taken over a hole: the windows begin again, and history that fills it mends windows and signals', async () => {
  const missing = range(600, 640);
  const there = range(0, 1_000).filter((i) => !missing.includes(i));
  await archive(there);
  await evaluate(750);
  expect((await windows()).slow).toHaveLength(111);
  await evaluate(999);
  expect((await stored()).map(({ ts }) => ts)).toEqual(expected(there).map(({ ts }) => ts));
  await evaluate(999);
  await archive(missing);
  await evaluate(639, { from: 600 });
  expect((await stored()).map(({ ts }) => ts)).toEqual(expected(range(0, 1_000)).map(({ ts }) => ts));
});

test('a hole inside the windows, filled later, gives full windows at once', async () => {
  await archive(range(0, 500).filter((i) => i !== 450));
  await evaluate(499);
  expect((await windows()).slow).toHaveLength(49);
  await archive([450]);
  await evaluate(450, { from: 450, source: 'live' });
  expect(plain((await windows()).slow)).toEqual(closes(300, 500));
});

test('history that arrives behind the first candle is evaluated too', async () => {
  await archive(range(600, 1_000));
  await evaluate(999);
  await archive(range(0, 600));
  await evaluate(599, { from: 0 });
  expect((await stored()).map(({ ts }) => ts)).toEqual(expected(range(0, 1_000)).map(({ ts }) => ts));
});

test('lists that were tampered with are rebuilt from the archive', async () => {
  await archive(range(0, 400));
  await evaluate(398);
  await redis.redis.ltrim(`${SYMBOL}:1s:ma200`, '10', '-1');
  await evaluate(399);
  expect(plain((await windows()).slow)).toEqual(closes(200, 400));
  expect(plain((await windows()).fast)).toEqual(closes(350, 400));
});

test('a venue that is not the first supported one stands before the symbol in its keys', async () => {
  await archive(range(0, 60), { venue: 'kraken' });
  await evaluate(59, { venue: 'kraken' });
  expect((await windows('kraken:')).fast).toHaveLength(50);
  expect((await windows()).fast).toHaveLength(0);
});

/** The last crossing of a thousand candles, at `index`, and the open time of the first that makes it a second old. */
function freshCrossing() {
  const crossing = expected(range(0, 1_000)).at(-1);
  const index = ((crossing?.ts ?? 0) - OLD) / STEP - 1;
  return { index, base: Math.floor(Date.now() / STEP) * STEP - (index + 2) * STEP };
}

test('only a fresh crossing leads to one mail and one execution, however often it runs', async () => {
  const { index, base } = freshCrossing();
  await archive(range(0, index + 1), { from: base });
  await evaluate(index, { source: 'live', base });
  await evaluate(index, { source: 'live', base });
  const signals = await stored();
  expect(signals.filter(({ live }) => live)).toHaveLength(1);
  expect(signals.length).toBeGreaterThan(1);
  const outbox = await listOutbox(db.sql);
  expect(outbox.map(({ key }) => key)).toEqual([
    `signal:${(await listSignals(db.sql, { limit: 1 }))[0]?.id}`,
  ]);
  const [execution] = await context.queues.get('execution').getWaiting();
  expect(execution?.data).toEqual({ signalId: (await listSignals(db.sql, { limit: 1 }))[0]?.id });
  expect(await context.queues.get('notify').getWaitingCount()).toBe(1);
});

test('the same crossing from a replay, and one of history that is stale, is stored and no more', async () => {
  const { index, base } = freshCrossing();
  await archive(range(0, index + 1), { from: base });
  await evaluate(index, { source: 'replay', base });
  await archive(range(0, index + 1), { from: base - 20 * STEP, symbol: 'ETH/USDT' });
  await evaluate(index, { source: 'backfill', base: base - 20 * STEP, symbol: 'ETH/USDT' });
  expect((await stored()).length).toBeGreaterThan(2);
  expect(await listOutbox(db.sql)).toEqual([]);
  expect(await context.queues.get('execution').getWaitingCount()).toBe(0);
});

test('a fresh crossing that a cut stream hid counts as soon as history has filled the hole', async () => {
  const { index, base } = freshCrossing();
  await archive(
    range(0, index + 1).filter((i) => i !== index - 2),
    { from: base },
  );
  await evaluate(index, { source: 'live', base });
  expect((await stored()).filter(({ live }) => live)).toEqual([]);
  await archive([index - 2], { from: base });
  await evaluate(index - 2, { from: index - 2, source: 'backfill', base });
  expect((await stored()).filter(({ live }) => live)).toHaveLength(1);
  expect(await context.queues.get('execution').getWaitingCount()).toBe(1);
  expect(await listOutbox(db.sql)).toHaveLength(1);
});

test('a crash between the commit and the windows leaves nothing undone and nothing done twice', async () => {
  await archive(range(0, 900));
  await evaluate(499);
  const mark = await redis.redis.hgetall(`millrace:window:sim:${SYMBOL}:1s`);
  const lists = await windows();
  await evaluate(899);
  const [all, moved] = [await stored(), await windows()];
  await redis.redis
    .multi()
    .del(`${SYMBOL}:1s:ma50`, `${SYMBOL}:1s:ma200`)
    .rpush(`${SYMBOL}:1s:ma50`, ...lists.fast)
    .rpush(`${SYMBOL}:1s:ma200`, ...lists.slow)
    .hset(`millrace:window:sim:${SYMBOL}:1s`, mark)
    .exec();
  await evaluate(899);
  expect(await stored()).toEqual(all);
  expect(await windows()).toEqual(moved);
});

test('a run that was overtaken takes nothing back: neither how far the record is nor the windows', async () => {
  const series = { venue: 'sim', symbol: SYMBOL, interval: '1s' } as const;
  await archive(range(0, 300));
  await evaluate(299);
  await saveEvaluatedTo(db.sql, series, OLD);
  expect(await findEvaluatedTo(db.sql, series)).toBe(OLD + 299 * STEP);
  const store = new WindowStore(redis.redis, context.config);
  const before = await store.read(series);
  const next = { ts: OLD + 300 * STEP, closes: ['1'] };
  expect(await store.advance(series, before, next, STEP)).toBe(true);
  const after = await windows();
  expect(await store.advance(series, before, next, STEP)).toBe(false);
  expect(await windows()).toEqual(after);
});

test('a strategy that reads order flow gets the last facts within each candle, and agrees or is silent', async () => {
  await archive(range(0, 800));
  await evaluate(799);
  const crossings = await stored();
  const [first, second] = crossings.map(({ ts }) => ts - STEP);
  const flows = new Columns('sim', 'backfill');
  // The later facts of a candle count: the first candle's agree with either side, the second's with none.
  for (const [open, early, late] of [
    [first, 0, crossings[0]?.side === 'buy' ? 0.5 : -0.5],
    [second, 0.5, 0],
  ] as const) {
    flows.flow({ ...FLOW, ts: open as number, imbalance: early });
    flows.flow({ ...FLOW, ts: (open as number) + 900, imbalance: late });
  }
  await addMarketFacts(db.sql, flows.build());

  await db.sql`TRUNCATE signals, evaluations, outbox CASCADE`;
  await redis.redis.flushdb();
  const reading = testContext(db, redis, { STRATEGIES: 'flow-cross' });
  const payload = {
    venue: 'sim',
    symbol: SYMBOL,
    interval: '1s',
    from: OLD,
    upTo: OLD + 799 * STEP,
  } as const;
  await evaluateCandles({ ...payload, source: 'backfill' }, reading);
  await reading.queues.close();
  expect((await stored()).map(({ ts }) => ts - STEP)).toEqual([first]);
});

const FLOW: OrderFlow = {
  symbol: SYMBOL,
  ts: 0,
  receivedAt: OLD,
  spreadBp: 1,
  imbalance: 0,
  bidConcentration: 0.1,
  askConcentration: 0.1,
  depthBp: 10,
  bidDepth: 1,
  askDepth: 1,
  notional: 10_000,
  buySlippageBp: 1,
  sellSlippageBp: null,
  buyVolume: 1,
  sellVolume: 1,
};
