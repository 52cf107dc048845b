import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type TestApi, testApi } from '../ops/testing/api.ts';
import { listAudit } from '../shared/db/audit.ts';
import type { CoverageRow } from '../shared/db/coverage.ts';
import { addGap, type GapRow, saveGapOutcome } from '../shared/db/gaps.ts';
import { saveRecordedFrom } from '../shared/db/instruments.ts';
import { addMarketFacts } from '../shared/db/market.ts';
import { findTask } from '../shared/db/tasks.ts';
import { Columns } from '../shared/tasks/columns.ts';

const OF = { venue: 'kraken', symbol: 'BTC/USD' };
const DAY = 86_400_000;
const TODAY = Math.floor(Date.now() / DAY) * DAY;
const HOUR = DAY / 24;
const dayOf = (ms: number) => new Date(ms).toISOString().slice(0, 10);

let api: TestApi;
let lost: GapRow;
beforeAll(async () => {
  api = await testApi();
  const { sql } = api.db;
  const begin = TODAY - 2 * DAY + 12 * HOUR;
  const columns = new Columns(OF.venue, 'live');
  for (const [id, ts] of [begin, TODAY - DAY + HOUR, Date.now()].entries()) {
    columns.trade({
      type: 'trade',
      ...OF,
      id: `${id}`,
      price: '1',
      size: '1',
      side: 'buy',
      ts,
      receivedAt: ts,
    });
  }
  await addMarketFacts(sql, columns.build());
  await saveRecordedFrom(sql, { ...OF, at: begin });
  const noticed = { ...OF, detail: 'cut', noticedAt: begin } as const;
  const [from, to] = [begin + 3 * HOUR, begin + 6 * HOUR].map((ts, id) => ({ id: `${id}`, ts }));
  if (!from || !to) throw new Error('no marks');
  lost = await addGap(sql, { ...noticed, cause: 'disconnect', from, to });
  await saveGapOutcome(sql, lost, { state: 'unfillable', lost: 7, reason: 'Kraken no longer has 7 trades' });
  const closed = await addGap(sql, {
    ...noticed,
    cause: 'crash',
    from: { id: 'x', ts: TODAY - DAY + 1 },
    to,
  });
  await saveGapOutcome(sql, closed, { state: 'closed', lost: 0, reason: 'nothing was lost' });
});
afterAll(() => api.close());

const read = async <T>(path: string): Promise<T[]> => (await (await api.call(path)).json()) as T[];

test('coverage: a day before the record, one with a hole, a whole one and today up to now', async () => {
  const rows = await read<CoverageRow>(`/coverage?venue=kraken&from=${dayOf(TODAY - 3 * DAY)}`);
  expect(rows).toMatchObject([
    { ...OF, day: dayOf(TODAY - 3 * DAY), share: null, recordedMs: 0, trades: 0 },
    {
      share: 0.75,
      recordedMs: 12 * HOUR,
      unknownMs: 3 * HOUR,
      trades: 1,
      unfillable: 1,
      missing: 7,
      filled: 0,
    },
    { share: 1, recordedMs: DAY, trades: 1, open: 0, closed: 1, missing: 0 },
    { day: dayOf(TODAY), share: 1, trades: 1 },
  ]);
  expect(rows[3]?.recordedMs).toBeLessThan(DAY);
  expect(await read('/coverage')).toHaveLength(14);
  expect(await read('/coverage?symbol=ETH/USD')).toEqual([]);
});

test('a range that is upside down or endless is refused', async () => {
  for (const query of ['from=2026-11-21&to=2026-11-20', 'from=1999-01-01']) {
    expect((await api.call(`/coverage?${query}`)).status).toBe(400);
  }
});

test('gaps: newest first, by state, and one that is not closed may be asked for again, with an audit row', async () => {
  expect((await read<GapRow>('/gaps')).map(({ state }) => state)).toEqual(['closed', 'unfillable']);
  const [row] = await read<GapRow>('/gaps?state=unfillable');
  expect(row).toMatchObject({
    ...OF,
    id: lost.id,
    cause: 'disconnect',
    missing: 7,
    reason: expect.any(String),
  });
  const answer = await api.call(`/gaps/${lost.id}/retry`, {});
  expect(answer.status).toBe(202);
  const { taskId } = (await answer.json()) as { taskId: string };
  expect(await findTask(api.db.sql, taskId)).toMatchObject({
    name: 'close_gap',
    payload: { gapId: lost.id },
  });
  const [entry] = await listAudit(api.db.sql, { limit: 1 });
  expect(entry).toMatchObject({ actor: 'admin', action: 'retry_gap' });
});

test('metrics count the gaps that are not closed', async () => {
  const text = await (await api.call('/metrics')).text();
  expect(text).toContain('millrace_gaps{venue="kraken",state="unfillable"} 1');
  expect(text).toContain('millrace_gaps{venue="kraken",state="open"} 0');
});

test('a closed gap and one that is not there are not asked for', async () => {
  expect((await api.call(`/gaps/${lost.id + 1}/retry`, {})).status).toBe(409);
  expect((await api.call('/gaps/999999/retry', {})).status).toBe(404);
});
