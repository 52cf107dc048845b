import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { type TestRedis, testRedis } from '../ops/testing/services.ts';
import type { Trade } from '../shared/domain/market.ts';
import { Continuity, type Gap } from './continuity.ts';

let redis: TestRedis;
const KEY = 'test:cursors:sim';
const symbol = 'BTC/USDT';
beforeAll(async () => {
  redis = await testRedis();
});
beforeEach(() => redis.redis.del(KEY));
afterAll(() => redis.close());

const trade = (id: number | string, ts = 1_000 + Number(id)): Trade => ({
  type: 'trade',
  venue: 'sim',
  symbol,
  id: String(id),
  ts,
  receivedAt: ts,
  price: '1',
  size: '1',
  side: 'buy',
});

async function started(): Promise<Continuity> {
  const continuity = new Continuity({ redis: redis.redis, namespace: 'test', venue: 'sim' });
  await continuity.seed();
  return continuity;
}

async function advance(continuity: Continuity, id: number): Promise<Gap[]> {
  const lost: Gap[] = [];
  await continuity.advance(new Map([[symbol, String(id)]]), async (gap) => void lost.push(gap));
  return lost;
}

test('contiguous, late and repeated trades are no gap; a jump is', async () => {
  const continuity = await started();
  continuity.accept(trade(10));
  expect(continuity.accept(trade(11))).toBeUndefined();
  expect(continuity.accept(trade(11))).toBeUndefined();
  expect(continuity.accept(trade(9))).toBeUndefined();
  expect(continuity.accept(trade(15))).toMatchObject({ symbol, fromId: '12', toId: '14' });
  expect(continuity.accept(trade(13))).toBeUndefined();
  expect(continuity.accept(trade(16))).toBeUndefined();
});

test('ids that begin again later in time are a new sequence, no gap and no duplicate', async () => {
  const continuity = await started();
  continuity.accept(trade(1_000_000));
  expect(continuity.accept(trade(5, 9_000_000))).toBeUndefined();
  expect(continuity.accept(trade(7, 9_000_001))).toMatchObject({ fromId: '6', toId: '6' });
});

test('ids that are no whole numbers are not watched', async () => {
  expect((await started()).accept(trade('a-1', 1))).toBeUndefined();
});

test('without a cursor the beginning is unknown; with one, the next producer finds its place', async () => {
  const first = await started();
  expect(first.accept(trade(10))).toMatchObject({ fromId: '0', toId: '9' });
  expect(await advance(first, 10)).toEqual([]);
  const second = await started();
  expect(second.accept(trade(14))).toMatchObject({
    fromId: '11',
    toId: '13',
    cause: 'the producer was not running',
  });
});

test('a Redis that was emptied shows at the next batch, from an unknown beginning to the end of that batch', async () => {
  const continuity = await started();
  await advance(continuity, 10);
  await redis.redis.del(KEY);
  expect(await advance(continuity, 20)).toEqual([
    { symbol, fromId: '0', toId: '20', cause: 'Redis lost what it held' },
  ]);
  expect(await advance(continuity, 30)).toEqual([]);
});

test('a Redis that was set back shows with where it stands', async () => {
  const continuity = await started();
  await advance(continuity, 10);
  await redis.redis.hset(KEY, symbol, '7');
  expect(await advance(continuity, 20)).toMatchObject([{ fromId: '8', toId: '20' }]);
  expect(await redis.redis.hget(KEY, symbol)).toBe('20');
});

test('an advance that is repeated after an answer was lost finds nothing lost', async () => {
  const continuity = await started();
  await advance(continuity, 10);
  await redis.redis.hset(KEY, symbol, '20');
  expect(await advance(continuity, 20)).toEqual([]);
});
