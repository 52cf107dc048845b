import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { testContext } from '../../ops/testing/context.ts';
import { type TestDatabase, type TestRedis, testDatabase, testRedis } from '../../ops/testing/services.ts';
import { type Autopilot, listAutopilots, takeDailyTrade } from '../../shared/db/autopilots.ts';
import { listBalances } from '../../shared/db/balances.ts';
import { ensureInstruments } from '../../shared/db/instruments.ts';
import { acquireLease, type HeldLease, releaseLease, withLease } from '../../shared/db/leases.ts';
import { listOrders, type OrderRow, saveOrderOutcome } from '../../shared/db/orders.ts';
import { listPositions } from '../../shared/db/positions.ts';
import { addSignals, listSignals, listUndecidedSignals } from '../../shared/db/signals.ts';
import { Decimal } from '../../shared/domain/decimal.ts';
import type { Level, Side } from '../../shared/domain/market.ts';
import { FencedError } from '../../shared/errors.ts';
import { bookKey } from '../../shared/prices/keys.ts';
import type { TaskContext } from '../context.ts';
import { configuredAutopilots, leaseKey, saveAutopilots } from './autopilots.ts';
import { decide } from './decide.ts';
import { executeSignal } from './execute-signal.ts';

const PILOT = 'paper-sim';
const SYMBOLS = Array.from({ length: 100 }, (_, n) => `C${n}/USDT`);

let db: TestDatabase;
let redis: TestRedis;
let context: TaskContext;
beforeAll(async () => {
  [db, redis] = await Promise.all([testDatabase(), testRedis()]);
  context = testContext(db, redis, { SYMBOLS: 'BTC/USDT', ORDER_FRACTION: '0.1', PAPER_FEE: '0.001' });
  await ensureInstruments(db.sql, 'sim', ['BTC/USDT', ...SYMBOLS]);
});
afterAll(async () => {
  await context.queues.close();
  await Promise.all([db.drop(), redis.close()]);
});
beforeEach(async () => {
  await db.sql`TRUNCATE fills, orders, decisions, positions, balances, daily_trades, signals CASCADE`;
  await redis.redis.flushdb();
  await set({});
  await fly();
});

/** Ends whoever holds the lease and takes it anew, with the next token. */
async function fly(ttlMs = 30_000): Promise<void> {
  const key = leaseKey(PILOT);
  await db.sql`UPDATE leases SET expires_at = '-infinity' WHERE key = ${key}`;
  const lease = await acquireLease(db.sql, { key, holder: 'test', ttlMs });
  if (!lease) throw new Error('not granted');
  context.leases.set(key, { ...lease, check() {} });
}

async function set(settings: Partial<Autopilot>) {
  const [pilot] = configuredAutopilots(context.config);
  if (!pilot) throw new Error('no autopilot');
  await saveAutopilots(db.sql, context.config, [{ ...pilot, ...settings }]);
}

async function show(
  symbol = 'BTC/USDT',
  {
    bids = [['99', '1000']],
    asks = [['100', '1000']],
    state = 'live',
    clockOffMs = 0,
    ttlMs = 60_000,
  }: { bids?: Level[]; asks?: Level[]; state?: string; clockOffMs?: number; ttlMs?: number } = {},
) {
  const receivedAt = Date.now() + clockOffMs;
  await redis.redis.set(
    bookKey('millrace', 'sim', symbol),
    JSON.stringify({ state, bids, asks, ts: receivedAt, receivedAt }),
    'PX',
    ttlMs,
  );
}

const times = new Set<number>();
async function signal(side: Side, symbol = 'BTC/USDT', { ageMs = 0, live = true } = {}): Promise<number> {
  let ts = Date.now() - ageMs;
  while (times.has(ts)) ts--;
  times.add(ts);
  const series = { venue: 'sim', symbol, interval: '1s', strategy: 'sma-cross' } as const;
  const [added] = await addSignals(db.sql, [{ ...series, ts, side, price: '100', details: {}, live }]);
  if (!added) throw new Error('no new signal');
  return added.id;
}

const execute = (signalId: number, on = context) => executeSignal({ signalId }, on);
const cash = async () => (await listBalances(db.sql))[0]?.amount;
const outcomes = async () => (await listSignals(db.sql)).map(({ outcome, reason }) => [outcome, reason]);

test('a buy spends its share of the cash over the levels of the book, with exact fee, position and cash', async () => {
  await show('BTC/USDT', {
    asks: [
      ['100', '60'],
      ['101', '1000'],
    ],
  });
  await execute(await signal('buy'));
  const [order] = await listOrders(db.sql);
  expect(order).toMatchObject({
    state: 'FILLED',
    side: 'buy',
    mode: 'paper',
    size: '99.9000999',
    reason: null,
  });
  expect(order?.clientId).toMatch(/^[0-9a-f]{32}$/);
  expect(order?.fills.map(({ price, size, fee }) => [price, size, fee])).toEqual([
    ['100', '60', '6'],
    ['101', '39.9000999', '4.0299100899'],
  ]);
  const [position] = await listPositions(db.sql);
  expect(position).toMatchObject({
    size: '99.9000999',
    cost: '10029.9100899',
    fees: '10.0299100899',
    realizedPnl: '0',
  });
  expect(await cash()).toBe(new Decimal('100000').minus('10029.9100899').minus('10.0299100899').toFixed());
  expect(await outcomes()).toEqual([['ordered', expect.stringContaining('10000')]]);
});

test('a sell sells all that is held and books the profit; cash and ledger agree to the last digit', async () => {
  await show();
  await execute(await signal('buy'));
  await show('BTC/USDT', {
    bids: [
      ['110', '50'],
      ['109', '50'],
    ],
  });
  await execute(await signal('sell'));
  const [position] = await listPositions(db.sql);
  expect(position).toMatchObject({ size: '0', cost: '0', averagePrice: '0' });
  const sums = { cash: await cash(), ...position };
  expect(
    new Decimal(sums.cash ?? '')
      .plus(sums.fees ?? '')
      .minus(sums.realizedPnl ?? '')
      .toFixed(),
  ).toBe('100000');
});

test('every other case is skipped once, with its reason, and no order', async () => {
  await show();
  await execute(await signal('sell'));
  await execute(await signal('buy', 'BTC/USDT', { ageMs: 60_000 }));
  await set({ orderFraction: '0.00001' });
  await execute(await signal('buy'));
  await set({ dailyTradeLimit: 0 });
  await execute(await signal('buy'));
  expect((await outcomes()).map(([outcome, reason]) => `${outcome}: ${reason}`).sort()).toEqual([
    'skipped: 1 of the cash is below the least notional',
    'skipped: nothing to sell',
    expect.stringMatching(/^skipped: stale: the candle closed 6\d s ago$/),
    "skipped: the day's limit of 0 trades is reached",
  ]);
  await set({});
  await execute(await signal('buy'));
  const again = await signal('buy');
  await execute(again);
  await execute(again);
  expect((await outcomes())[0]).toEqual(['skipped', expect.stringContaining('open already')]);
  expect(await listOrders(db.sql)).toHaveLength(1);
});

test('a book too thin, or cash too short, fills in part, cancels the rest and says so; cash is never negative', async () => {
  await show('BTC/USDT', { asks: [['100', '3']] });
  await execute(await signal('buy'));
  expect((await listOrders(db.sql))[0]).toMatchObject({
    state: 'CANCELLED',
    filled: '3',
    averagePrice: '100',
    reason: 'filled 3 of 99.9000999, the rest is cancelled: the book had no more to give',
  });
  await db.sql`TRUNCATE positions`;
  await set({ orderFraction: '1' });
  await show('BTC/USDT', {
    asks: [
      ['100', '1'],
      ['200', '100000'],
    ],
  });
  await execute(await signal('buy'));
  expect((await listOrders(db.sql))[0]).toMatchObject({
    state: 'CANCELLED',
    reason: expect.stringContaining('the cash was used up'),
  });
  expect(new Decimal((await cash()) ?? '-1').gte(0)).toBe(true);
});

test('without a live book it waits, and in the end skips', async () => {
  const id = await signal('buy');
  await expect(execute(id)).rejects.toThrow('not live');
  await show('BTC/USDT', { state: 'stale' });
  await expect(execute(id)).rejects.toThrow('not live');
  await show('BTC/USDT', { ttlMs: 1 });
  await new Promise((resolve) => setTimeout(resolve, 5));
  await expect(execute(id)).rejects.toThrow('not live');
  await db.sql`UPDATE signals SET created_at = clock_timestamp() - interval '11 seconds'`;
  await execute(id);
  expect(await outcomes()).toEqual([['skipped', 'no live book within 10 s']]);
});

test.each([-3_600_000, 3_600_000])(
  'a live book is traded on whatever its producer’s clock says: %d ms off',
  async (clockOffMs) => {
    await show('BTC/USDT', { clockOffMs });
    await execute(await signal('buy'));
    expect((await listOrders(db.sql)).map(({ state }) => state)).toEqual(['FILLED']);
  },
);

test('an intent that a crash left behind is filled by the next run, once, under the new token', async () => {
  await show();
  const id = await signal('buy');
  await leaveIntent(id);
  expect((await listOrders(db.sql))[0]).toMatchObject({ state: 'INTENT', filled: '0' });
  await fly();
  await Promise.all([execute(id), execute(id), execute(id)]);
  const orders = await listOrders(db.sql);
  expect(orders).toHaveLength(1);
  expect(orders[0]).toMatchObject({ state: 'FILLED', fence: context.leases.get(leaseKey(PILOT))?.token });
  expect(orders[0]?.fills).toHaveLength(1);
});

test('five runs of one signal at a time all end well, with one order and one trade counted', async () => {
  await show();
  const id = await signal('buy');
  await Promise.all(Array.from({ length: 5 }, () => execute(id)));
  expect(await listOrders(db.sql)).toHaveLength(1);
  expect((await listAutopilots(db.sql))[0]).toMatchObject({ tradesToday: 1 });
});

test('while an order of the symbol is not at its end, the next signal waits', async () => {
  await show();
  const [first, second] = [await signal('buy'), await signal('buy')];
  await leaveIntent(first);
  await expect(execute(second)).rejects.toThrow('an earlier order of BTC/USDT is not at its end');
  await execute(first);
  await execute(second);
  expect(await listOrders(db.sql)).toHaveLength(1);
});

test('signals that come in the wrong order leave the position where the newest one wants it', async () => {
  await show();
  const [buy, sell] = [await signal('buy', 'BTC/USDT', { ageMs: 2_000 }), await signal('sell')];
  await execute(sell);
  await execute(buy);
  expect(await listOrders(db.sql)).toEqual([]);
  expect(await outcomes()).toEqual([
    ['skipped', 'nothing to sell'],
    ['skipped', 'a later signal of BTC/USDT was decided on before it'],
  ]);
});

test('an intent is brought to its end even when its autopilot has turned to another interval since', async () => {
  await show();
  const id = await signal('buy');
  await leaveIntent(id);
  await set({ interval: '1m' });
  await execute(id);
  expect((await listOrders(db.sql))[0]?.state).toBe('FILLED');
});

test('an intent whose signal has grown stale expires and moves no money', async () => {
  await show();
  const id = await signal('buy');
  await leaveIntent(id);
  await db.sql`UPDATE signals SET ts = ts - interval '1 minute'`;
  await execute(id);
  expect((await listOrders(db.sql))[0]).toMatchObject({
    state: 'EXPIRED',
    reason: expect.stringContaining('stale'),
  });
  expect(await cash()).toBe('100000');
});

test('with a limit of 10, a hundred parallel signals give exactly ten orders, and a restart gives no eleventh', async () => {
  await set({ dailyTradeLimit: 10, orderFraction: '0.01' });
  await Promise.all(SYMBOLS.map((symbol) => show(symbol)));
  const ids = await Promise.all(SYMBOLS.map((symbol) => signal('buy', symbol)));
  await Promise.all(ids.map((id) => execute(id)));
  expect(await listOrders(db.sql, { limit: 1_000 })).toHaveLength(10);
  await fly();
  await Promise.all(ids.map((id) => execute(id)));
  expect(await listOrders(db.sql, { limit: 1_000 })).toHaveLength(10);
  expect((await listAutopilots(db.sql))[0]).toMatchObject({ tradesToday: 10 });
});

test('the counter itself lets exactly its limit through a hundred racing takers', async () => {
  const taken = await Promise.all(Array.from({ length: 100 }, () => takeDailyTrade(db.sql, PILOT, 10)));
  expect(taken.filter(Boolean)).toHaveLength(10);
});

test('a holder whose token is stale writes nothing: no decision, no order, no count', async () => {
  await show();
  const id = await signal('buy');
  const stale = context.leases.get(leaseKey(PILOT));
  await fly();
  const old = { ...context, leases: new Map([[leaseKey(PILOT), stale as NonNullable<typeof stale>]]) };
  await expect(execute(id, old)).rejects.toThrow(FencedError);
  await releaseLease(db.sql, stale as NonNullable<typeof stale>);
  expect(await listOrders(db.sql)).toEqual([]);
  expect(await outcomes()).toEqual([[null, null]]);
  expect((await listAutopilots(db.sql))[0]?.tradesToday).toBe(0);
  await execute(id);
  expect((await listOrders(db.sql))[0]?.state).toBe('FILLED');
});

test('a stale holder that wakes between intent and fill moves no money', async () => {
  await show();
  const id = await signal('buy');
  await leaveIntent(id);
  const stale = context.leases.get(leaseKey(PILOT));
  await fly();
  const old = { ...context, leases: new Map([[leaseKey(PILOT), stale as NonNullable<typeof stale>]]) };
  await expect(execute(id, old)).rejects.toThrow(FencedError);
  expect(await cash()).toBe('100000');
  expect((await listOrders(db.sql))[0]).toMatchObject({ state: 'INTENT', fills: [] });
});

test('an order that has moved since it was read is not moved again', async () => {
  await show();
  const id = await signal('buy');
  await leaveIntent(id);
  const [read] = await listOrders(db.sql);
  const lease = context.leases.get(leaseKey(PILOT)) as HeldLease;
  await execute(id);
  const outcome = { state: 'EXPIRED', filled: '0', averagePrice: null, fee: '0', reason: null } as const;
  const again = withLease(db.sql, lease, (tx) =>
    saveOrderOutcome(tx, read as OrderRow, outcome, [], lease.token),
  );
  await expect(again).rejects.toThrow('is no longer INTENT');
  expect((await listOrders(db.sql))[0]?.state).toBe('FILLED');
});

test('a holder that no longer trusts its lease by its own clock does not even ask the database', async () => {
  await show();
  const [undecided, intended] = [await signal('buy'), await signal('buy')];
  await leaveIntent(intended);
  const lease = context.leases.get(leaseKey(PILOT)) as HeldLease;
  const check = () => {
    throw new FencedError('not renewed in time');
  };
  const asleep = { ...context, leases: new Map([[leaseKey(PILOT), { ...lease, check }]]) };
  await expect(execute(undecided, asleep)).rejects.toThrow('not renewed in time');
  await expect(execute(intended, asleep)).rejects.toThrow('not renewed in time');
  expect((await listOrders(db.sql)).map(({ state }) => state)).toEqual(['INTENT']);
});

test('the database refuses a raw write of an order under a stale or expired token', async () => {
  await show();
  await leaveIntent(await signal('buy'));
  const raw = () => db.sql`UPDATE orders SET reason = 'raw'`;
  await raw();
  await fly();
  await expect(raw()).rejects.toMatchObject({ code: 'ML001' });
  await db.sql`UPDATE leases SET expires_at = '-infinity'`;
  const token = context.leases.get(leaseKey(PILOT))?.token ?? 0;
  await expect(db.sql`UPDATE orders SET fence = ${token}`).rejects.toMatchObject({ code: 'ML001' });
});

test('only live signals of an enabled autopilot are acted on, by the process that flies it', async () => {
  await show();
  const past = await signal('buy', 'BTC/USDT', { live: false });
  await execute(past);
  await set({ enabled: false });
  const id = await signal('buy');
  await execute(id);
  expect(await listUndecidedSignals(db.sql)).toEqual([]);
  expect(await listOrders(db.sql)).toEqual([]);
  await set({});
  expect((await listUndecidedSignals(db.sql)).map((row) => row.id)).toEqual([id]);
  context.leases.clear();
  await expect(execute(id)).rejects.toThrow('not flown by this process');
  await expect(execute(999_999)).rejects.toThrow('there is no signal 999999');
});

/** As if the process had died between the intent's commit and the fill. */
async function leaveIntent(id: number) {
  const row = (await listSignals(db.sql)).find((each) => each.id === id);
  const [pilot] = await listAutopilots(db.sql);
  const lease = context.leases.get(leaseKey(PILOT));
  if (!row || !pilot || !lease) throw new Error('nothing to leave');
  await decide(context, pilot, row, lease);
}
