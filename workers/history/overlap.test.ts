import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type RunningSim, runSim } from '../../ops/sim/run.ts';
import { testContext } from '../../ops/testing/context.ts';
import { type TestDatabase, type TestRedis, testDatabase, testRedis } from '../../ops/testing/services.ts';
import { findGap, type GapRow, saveGapOutcome, saveGapProgress } from '../../shared/db/gaps.ts';
import { saveRecordedFrom } from '../../shared/db/instruments.ts';
import { listTrades } from '../../shared/db/trades.ts';
import type { Gap, Mark } from '../../shared/domain/gap.ts';
import type { Trade } from '../../shared/domain/market.ts';
import { fetchTradesSince } from '../../shared/exchanges/history.ts';
import { createLog } from '../../shared/log.ts';
import type { TaskContext } from '../context.ts';
import { closeGap } from './close-gap.ts';
import { historyVenue } from './history-venue.ts';
import { recordGap } from './record-gap.ts';

/** Bybit spot through its real adapter: the simulated exchange gives back the newest 60 trades in Bybit's words. */
const BTC = { venue: 'bybit', symbol: 'BTC/USDT' };
const folder = mkdtempSync(join(tmpdir(), 'millrace-overlap-'));
let db: TestDatabase;
let redis: TestRedis;
let sim: RunningSim;
let context: TaskContext;

beforeAll(async () => {
  db = await testDatabase();
  redis = await testRedis();
  sim = await runSim({
    symbols: [BTC.symbol],
    seed: 11,
    eventsPerSecond: 20,
    folder,
    historyMs: 120_000,
    host: '127.0.0.1',
    port: 0,
    log: createLog('test', 'fatal'),
  });
  context = testContext(db, redis, { SIM_URL: sim.url, REHEARSAL: 'on' });
  await saveRecordedFrom(db.sql, { ...BTC, at: Date.now() - 3_600_000 });
});
afterAll(async () => {
  await context.queues.close();
  await sim.close();
  await redis.close();
  await db.drop();
  rmSync(folder, { recursive: true });
});

/** The trades that the venue still has, oldest first. */
async function kept(): Promise<Trade[]> {
  const venue = await historyVenue(BTC.venue, BTC.symbol, context);
  const pages: Trade[] = [];
  const from = { id: 'none', ts: 0 };
  for await (const page of fetchTradesSince({ venue, symbol: BTC.symbol, from })) pages.push(...page);
  return pages;
}

const markOf = ({ id, ts }: Trade): Mark => ({ id, ts });

async function tell(gap: Partial<Gap>): Promise<GapRow> {
  const told = { ...BTC, cause: 'disconnect', detail: 'cut', noticedAt: Date.now(), ...gap } as const;
  const { gapId } = (await recordGap(told, context)) as { gapId: number };
  await closeGap({ gapId }, context);
  return (await findGap(db.sql, gapId)) as GapRow;
}

const archivedIds = async () => (await listTrades(db.sql, { ...BTC, limit: 1_000 })).map(({ id }) => id);

test('a page that overlaps the last known trade and reaches the first new one closes the gap', async () => {
  const trades = await kept();
  expect(trades).toHaveLength(60);
  const [known, next] = [trades[30], trades[50]] as [Trade, Trade];
  const gap = await tell({ from: markOf(known), to: markOf(next) });
  expect(gap).toMatchObject({ state: 'closed', reason: null });
  expect(gap.missing).toBe(gap.filled);
  const between = trades.slice(31, 50).map(({ id }) => id);
  expect(await archivedIds()).toEqual(expect.arrayContaining(between));
  expect(await tell({ from: markOf(known), to: markOf(next) })).toMatchObject({ state: 'closed', filled: 0 });
});

test('a quiet symbol whose last known trade is still in the page is closed up to the present', async () => {
  const known = (await kept())[45] as Trade;
  expect(await tell({ from: markOf(known) })).toMatchObject({ state: 'closed', toId: null });
  const archived = await archivedIds();
  expect(
    (await kept()).every(({ id, ts }) => ts <= known.ts || archived.includes(id) || ts > Date.now() - 5_000),
  ).toBe(true);
});

test('without an overlap the stretch before the oldest trade that is left is lost, and the row says why', async () => {
  const from = { id: 'long-ago', ts: Date.now() - 1_800_000 };
  const gap = await tell({ from, to: { id: 'new', ts: Date.now() } });
  const oldest = (await listTrades(db.sql, { ...BTC, limit: 1_000 })).find(({ id }) => id === gap.toId);
  expect(gap).toMatchObject({ state: 'unfillable', missing: null, fromTs: from.ts, toTs: oldest?.ts });
  expect(gap.reason).toContain('only its newest 60 trades');
});

test('a trade that the venue has not told yet keeps the gap open', async () => {
  const [known] = (await kept()).slice(-1) as [Trade];
  const told = { ...BTC, cause: 'crash', detail: 'test', noticedAt: Date.now() } as const;
  const to = { id: 'to come', ts: Date.now() + 3_600_000 };
  const { gapId } = (await recordGap({ ...told, from: markOf(known), to }, context)) as { gapId: number };
  await expect(closeGap({ gapId }, context)).rejects.toThrow('has not come to trade to come');
  expect(await closeGap({ gapId }, { ...context, attempt: 4 })).toMatchObject({ state: 'open' });
});

test('a page that was fetched for one gap closes the others that lie within it, and no more', async () => {
  const trades = await kept();
  const at = (index: number) => markOf(trades[index] as Trade);
  const told = { ...BTC, cause: 'disconnect', detail: 'cut' } as const;
  const tellOnly = async (from: Mark, noticedAt: number, to?: Mark) => {
    const { gapId } = (await recordGap({ ...told, noticedAt, from, ...(to && { to }) }, context)) as {
      gapId: number;
    };
    return gapId;
  };
  await db.sql`DELETE FROM trades`;
  const within = [
    await tellOnly(at(25), 1, at(29)),
    await tellOnly(at(35), 2, at(45)),
    await tellOnly(at(50), 3, at(51)),
  ];
  const open = [
    await tellOnly(at(30), 4),
    await tellOnly(at(30), 5, { id: 'to come', ts: Date.now() + 3_600_000 }),
    await tellOnly({ id: 'long ago', ts: at(0).ts - 3_600_000 }, 6, at(30)),
  ];
  await closeGap({ gapId: within[0] as number }, context);
  const rows = (await Promise.all(within.map((id) => findGap(db.sql, id)))) as GapRow[];
  const isOf = ({ ts }: Trade, { fromTs, toTs }: GapRow) => ts >= fromTs && ts <= (toTs ?? 0);
  const wanted = trades.filter((trade) => rows.some((row) => isOf(trade, row)));
  expect(new Set(await archivedIds())).toEqual(new Set(wanted.map(({ id }) => id)));
  expect(rows).toMatchObject(
    rows.map((row) => ({ state: 'closed', missing: trades.filter((trade) => isOf(trade, row)).length })),
  );
  const others = await Promise.all(open.map((id) => findGap(db.sql, id)));
  expect(others.map((row) => row?.state)).toEqual(['open', 'open', 'open']);
});

test('what was closed by another task stays closed, whatever a task that is late finds', async () => {
  const trades = await kept();
  const told = { ...BTC, cause: 'disconnect', detail: 'cut', noticedAt: 7 } as const;
  const [from, to] = [trades[40], trades[44]].map((trade) => markOf(trade as Trade));
  const { gapId } = (await recordGap({ ...told, ...(from && { from }), ...(to && { to }) }, context)) as {
    gapId: number;
  };
  const late = (await findGap(db.sql, gapId)) as GapRow;
  await closeGap({ gapId }, context);
  const closed = await findGap(db.sql, gapId);
  const lost = { state: 'unfillable', lost: null, reason: 'too late' } as const;
  await saveGapProgress(db.sql, gapId, { reached: { id: 'none', ts: 1 }, filled: 9 });
  expect(await saveGapOutcome(db.sql, late, lost)).toBe(false);
  expect(await findGap(db.sql, gapId)).toEqual(closed);
});
