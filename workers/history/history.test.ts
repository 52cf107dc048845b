import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type RunningSim, runSim } from '../../ops/sim/run.ts';
import { testContext } from '../../ops/testing/context.ts';
import { type TestDatabase, type TestRedis, testDatabase, testRedis } from '../../ops/testing/services.ts';
import { listCandles } from '../../shared/db/candles.ts';
import { addGap, findGap, type GapRow, listGaps, saveGapOutcome } from '../../shared/db/gaps.ts';
import { findRecordedFrom } from '../../shared/db/instruments.ts';
import { saveOutcome } from '../../shared/db/tasks.ts';
import type { Gap, Mark } from '../../shared/domain/gap.ts';
import type { Trade } from '../../shared/domain/market.ts';
import { RetryError } from '../../shared/errors.ts';
import type { VenueFacts } from '../../shared/exchanges/venue.ts';
import { createLog } from '../../shared/log.ts';
import type { TaskContext } from '../context.ts';
import { bootstrap } from './bootstrap.ts';
import { closeGap } from './close-gap.ts';
import { fillByIds } from './fill-by-ids.ts';
import { historyVenue } from './history-venue.ts';
import { recordGap } from './record-gap.ts';
import { retryGaps } from './retry-gaps.ts';

/** Against the simulated exchange's real REST history. */
const BTC = { venue: 'sim', symbol: 'BTC/USDT' };
const NOTICED = Date.now();
const T0 = NOTICED - 3_600_000;
const folder = mkdtempSync(join(tmpdir(), 'millrace-history-'));
let db: TestDatabase;
let redis: TestRedis;
let sim: RunningSim;
let context: TaskContext;
let firstId: number;

beforeAll(async () => {
  db = await testDatabase();
  redis = await testRedis();
  sim = await runSim({
    symbols: [BTC.symbol],
    seed: 5,
    eventsPerSecond: 200,
    folder,
    historyMs: 120_000,
    host: '127.0.0.1',
    port: 0,
    log: createLog('test', 'fatal'),
  });
  context = testContext(db, redis, { SIM_URL: sim.url });
  firstId = sim.venue.markets.get('BTCUSDT')?.tape.firstId ?? 0;
});
afterAll(async () => {
  await context.queues.close();
  await sim.close();
  await redis.close();
  await db.drop();
  rmSync(folder, { recursive: true });
});

/** A trade of the simulated exchange by its number from the first that it keeps. */
const mark = (n: number): Mark => ({ id: String(firstId + n), ts: T0 + n });

/** Tells a gap as a producer does and has it closed; the row as it stands then. */
async function tell(gap: Partial<Gap> = {}): Promise<GapRow> {
  const told = { ...BTC, cause: 'disconnect', detail: 'cut', noticedAt: NOTICED, ...gap } as const;
  const { gapId } = (await recordGap(told, context)) as { gapId: number };
  await closeGap({ gapId }, context).catch((error) => expect(error).toBeInstanceOf(RetryError));
  return (await findGap(db.sql, gapId)) as GapRow;
}

const newestTrade = async () =>
  (
    await db.sql<Mark[]>`SELECT trade_id AS id, ts FROM trades ORDER BY trade_id::bigint DESC LIMIT 1`
  )[0] as Mark;

const archive = (from: number, to: number) =>
  db.sql`INSERT INTO trades SELECT i.id, now() - interval '1 hour', n::text, 1, 1, 'buy'
    FROM instruments i, generate_series(${firstId + from}::bigint, ${firstId + to}) n ON CONFLICT DO NOTHING`;

test('the first word of a symbol is no gap: its record begins there, wherever a cursor stands', async () => {
  const told = { ...BTC, cause: 'redis', detail: 'no cursor', noticedAt: NOTICED, to: mark(10) } as const;
  expect(await recordGap(told, context)).toEqual({ recordedFrom: T0 + 10 });
  expect(await listGaps(db.sql)).toEqual([]);
  expect(await findRecordedFrom(db.sql, BTC)).toBe(T0 + 10);
});

test('a cut without a loss has its row, closed at once', async () => {
  expect(await tell({ noticedAt: NOTICED + 1, from: mark(50), to: mark(51) })).toMatchObject({
    ...{
      cause: 'disconnect',
      state: 'closed',
      missing: 0,
      filled: 0,
      reason: 'nothing was lost',
      taskId: null,
    },
  });
});

test('a stretch is fetched over several pages; told again it is the same row', async () => {
  const gap = { from: mark(99), to: mark(1_700) };
  const closed = await tell(gap);
  expect(closed).toMatchObject({ state: 'closed', missing: 1_600, filled: 1_600, reason: null });
  expect(await tell(gap)).toEqual(closed);
  expect(await tell({ ...gap, noticedAt: NOTICED + 2 })).toMatchObject({
    state: 'closed',
    missing: 0,
    filled: 0,
  });
});

test('only the holes are fetched', async () => {
  await db.sql`DELETE FROM trades WHERE trade_id::bigint BETWEEN ${firstId + 200} AND ${firstId + 209}`;
  await db.sql`DELETE FROM trades WHERE trade_id::bigint = ${firstId + 900}`;
  expect(await tell({ cause: 'sequence', from: mark(150), to: mark(1_000) })).toMatchObject({
    ...{ state: 'closed', missing: 11, filled: 11 },
  });
});

test('a quiet symbol is asked for up to the present; the trade that comes then ends the same row', async () => {
  const quiet = { cause: 'crash', from: await newestTrade() } as const;
  const toPresent = await tell(quiet);
  expect(toPresent).toMatchObject({ state: 'closed', toId: null });
  expect(toPresent.filled).toBeGreaterThan(1_000);
  const next = { id: String(Number(toPresent.reachedId) + 1), ts: toPresent.reachedTs + 5 };
  expect(await tell({ ...quiet, to: next })).toMatchObject({
    ...{ id: toPresent.id, state: 'closed', toId: next.id, filled: toPresent.filled },
  });
});

test('trades the venue no longer has leave the gap unfillable, with the reason and how many', async () => {
  const gap = await tell({ noticedAt: NOTICED + 3, from: mark(-6), to: mark(5) });
  expect(gap).toMatchObject({ state: 'unfillable', missing: 10, filled: 5 });
  expect(gap.reason).toContain('no longer has 5 trades');
});

test('without an end it is no less lost what the venue no longer has', async () => {
  const gap = await tell({ noticedAt: NOTICED + 4, from: mark(-6) });
  expect(gap).toMatchObject({ state: 'unfillable', toId: null });
  expect(gap.reason).toContain('no longer has 5 trades');
});

test('a refusal for good ends a gap that no trade has ended: what comes after it is heard', async () => {
  await db.sql`INSERT INTO instruments (venue, symbol, recorded_from) VALUES ('sim', 'NO/END', now())`;
  const gap = await tell({ symbol: 'NO/END', from: mark(1) });
  expect(gap).toMatchObject({ state: 'unfillable', toId: null, toTs: expect.any(Number) });
});

test('a hole that comes before the first word of its symbol is a gap: both are told, in any order', async () => {
  const symbol = 'ETH/USDT';
  const hole = { symbol, cause: 'sequence', from: mark(20), to: mark(25) } as const;
  expect(await tell(hole)).toMatchObject({ fromId: mark(20).id, toId: mark(25).id });
  expect(await findRecordedFrom(db.sql, { ...BTC, symbol })).toBe(mark(20).ts);
});

/** The simulated exchange as it would be if what it answers were first seen through this. */
async function seenThrough(look: (trades: Trade[]) => Trade[]): Promise<VenueFacts> {
  const venue = await historyVenue(BTC.venue, BTC.symbol, context);
  const { trades } = venue.history;
  const read: typeof trades.read = (...answer) => look(trades.read(...answer));
  return { ...venue, history: { ...venue.history, trades: { ...trades, read } } };
}

const aGap = (more: { from: Mark; to?: Mark }) =>
  addGap(db.sql, { ...BTC, cause: 'overflow', detail: 'test', noticedAt: NOTICED, ...more });

test('trades that the venue tells late are waited for: it has not skipped them', async () => {
  await db.sql`TRUNCATE trades`;
  const gap = await aGap({ from: mark(50), to: mark(80) });
  const isLate = ({ id }: Trade) => Number(id) >= firstId + 60 && Number(id) < firstId + 65;
  let answers = 0;
  const venue = await seenThrough((trades) =>
    answers++ === 0 ? trades.filter((trade) => !isLate(trade)) : trades,
  );
  await expect(fillByIds(gap, venue, context)).rejects.toThrow('has trades of BTC/USDT now that it left out');
  expect(await fillByIds(gap, venue, context)).toMatchObject({ state: 'closed', reason: null });
});

test('the present is when the asking began: a venue that has more at every turn is not chased for ever', async () => {
  const { id, ts } = await newestTrade();
  const gap = await aGap({ from: { id, ts } });
  const venue = await seenThrough((trades) => {
    const until = performance.now() + 20;
    while (performance.now() < until);
    return trades;
  });
  expect(await fillByIds(gap, venue, context)).toMatchObject({ state: 'closed' });
});

test('trades the venue has not got yet leave it open, with the reason, to be tried again', async () => {
  const gap = await tell({ from: mark(50_000_000), to: mark(50_000_002) });
  expect(gap).toMatchObject({ state: 'open', tries: 1, missing: null });
  expect(gap.reason).toContain(`no trade ${firstId + 50_000_001} of BTC/USDT yet`);
  expect(gap.retryAt).toBeGreaterThan(Date.now());
});

test('without a beginning the archive knows it: its last trade before, or the first hole shortly before that', async () => {
  await db.sql`TRUNCATE trades`;
  await archive(0, 20);
  await archive(30, 40);
  const unknown = { cause: 'redis', to: { id: mark(2_000).id, ts: Date.now() } } as const;
  expect(await tell(unknown)).toMatchObject({ fromId: mark(20).id, state: 'closed', missing: 1_968 });
});

test('a symbol that the venue does not have is refused for good, and the row says so', async () => {
  await db.sql`INSERT INTO instruments (venue, symbol, recorded_from) VALUES ('sim', 'NO/SUCH', now())`;
  const gap = await tell({ symbol: 'NO/SUCH', from: mark(1), to: mark(9) });
  expect(gap).toMatchObject({ state: 'unfillable' });
  expect(gap.reason).toContain('Invalid symbol');
});

test('an open gap is asked to be closed when its time has come and no task is at work on it, each time later', async () => {
  await db.sql`TRUNCATE gaps, tasks`;
  const told = { ...BTC, cause: 'disconnect', detail: 'cut', noticedAt: NOTICED } as const;
  const { id } = await addGap(db.sql, { ...told, from: mark(1), to: mark(5) });
  const lost = await addGap(db.sql, { ...told, from: mark(7) });
  await saveGapOutcome(db.sql, lost, { state: 'unfillable', lost: null, reason: 'gone' });
  expect(await retryGaps({}, context)).toEqual({ asked: 1 });
  const job = await context.queues.get('gaps').getJob(`close-gap-${id}-1`);
  expect(job?.data).toEqual({ gapId: id });
  await db.sql`UPDATE gaps SET retry_at = now()`;
  expect(await retryGaps({}, context)).toEqual({ asked: 0 });
  await saveOutcome(db.sql, `close-gap-${id}-1`, { state: 'SUCCESS', result: null });
  expect(await retryGaps({}, context)).toEqual({ asked: 1 });
  const gap = await findGap(db.sql, id);
  expect(gap).toMatchObject({ state: 'open', tries: 2, taskId: `close-gap-${id}-2` });
  expect((gap?.retryAt ?? 0) - Date.now()).toBeGreaterThan(8_000);
});

test('of each venue a few are closed at a time, and each that ends asks for the next', async () => {
  await db.sql`TRUNCATE gaps, tasks`;
  await db.sql`INSERT INTO instruments (venue, symbol, recorded_from) VALUES ('slow', 'BTC/USDT', now())`;
  const add = (venue: string, n: number) =>
    addGap(db.sql, {
      ...BTC,
      venue,
      cause: 'crash',
      detail: '',
      noticedAt: NOTICED + n,
      from: mark(n),
      to: mark(n + 2),
    });
  for (let n = 0; n < 20; n++) await add('slow', n);
  const asked = async (venue: string) =>
    (await listGaps(db.sql, { venue })).filter(({ taskId }) => taskId !== null).map(({ id }) => id);
  expect(await retryGaps({}, context)).toEqual({ asked: 4 });
  expect(await retryGaps({}, context)).toEqual({ asked: 0 });
  for (let n = 0; n < 6; n++) await add('sim', n);
  expect(await retryGaps({}, context)).toEqual({ asked: 4 });
  const [gapId = 0] = await asked('sim');
  await closeGap({ gapId }, context);
  expect(await asked('sim')).toHaveLength(5);
  expect(await asked('slow')).toHaveLength(4);
});

test('candles: only what is missing is fetched, and the range is evaluated', async () => {
  const to = Math.floor(Date.now() / 1000) * 1000 - 5_000;
  const range = { ...BTC, interval: '1s', from: to - 60_000, to } as const;
  expect(await bootstrap(range, context)).toEqual({ wanted: 60, fetched: 60, added: 60 });
  await db.sql`DELETE FROM candles WHERE ts = ${to - 10_000}`;
  expect(await bootstrap(range, context)).toEqual({ wanted: 1, fetched: 1, added: 1 });
  expect(await bootstrap(range, context)).toEqual({ wanted: 0, fetched: 0, added: 0 });
  expect(await listCandles(db.sql, { ...range, limit: 100 })).toHaveLength(60);
  const waiting = await Promise.all(
    context.queues.physicalNames('inference').map((queue) => context.queues.get(queue).getWaiting()),
  );
  expect(waiting.flat().map(({ data }) => data)).toEqual([
    { ...BTC, interval: '1s', from: range.from, upTo: to - 1_000, source: 'backfill' },
    { ...BTC, interval: '1s', from: range.from, upTo: to - 1_000, source: 'backfill' },
  ]);
});
