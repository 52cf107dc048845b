import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { type TestRedis, testRedis } from '../ops/testing/services.ts';
import type { Gap } from '../shared/domain/gap.ts';
import { Cursors } from './cursors.ts';

let redis: TestRedis;
const KEY = 'test:cursors:sim';
const symbol = 'BTC/USDT';
beforeAll(async () => {
  redis = await testRedis();
});
beforeEach(() => redis.redis.del(KEY));
afterAll(() => redis.close());

async function started(): Promise<Cursors> {
  const cursors = new Cursors({
    redis: redis.redis,
    namespace: 'test',
    venue: 'sim',
    producer: 'producer-sim',
  });
  await cursors.read();
  return cursors;
}

/** A batch from one trade to another; what Redis turned out to have lost before it. */
async function move(cursors: Cursors, first: number, last: number): Promise<Gap[]> {
  const lost: Gap[] = [];
  const span = { first: { id: String(first), ts: first }, last: { id: String(last), ts: last } };
  await cursors.move(new Map([[symbol, span]]), async (gaps) => void lost.push(...gaps));
  return lost;
}

test('the next producer finds where the last one stopped, whatever the ids look like', async () => {
  const cursors = await started();
  expect(cursors.get(symbol)).toBeUndefined();
  expect(await move(cursors, 1, 10)).toEqual([]);
  expect((await started()).get(symbol)).toEqual({ id: '10', ts: 10 });
  await redis.redis.hset(KEY, symbol, '1790000000000 b5d6 a-f');
  expect((await started()).get(symbol)).toEqual({ id: 'b5d6 a-f', ts: 1_790_000_000_000 });
});

test('a producer that was stopped left word of it, once', async () => {
  const cursors = await started();
  expect(cursors.wasStopped).toBe(false);
  await move(cursors, 1, 10);
  await cursors.close();
  expect((await started()).wasStopped).toBe(true);
  expect((await started()).wasStopped).toBe(false);
});

test('one that is stopped before it took anything says no more than it found', async () => {
  const ran = await started();
  await move(ran, 1, 10);
  await (await started()).close();
  expect((await started()).wasStopped).toBe(false);
  await ran.close();
  await (await started()).close();
  expect((await started()).wasStopped).toBe(true);
});

test('a Redis that was emptied shows at the next batch: what came before it only the archive knows', async () => {
  const cursors = await started();
  await move(cursors, 1, 10);
  await redis.redis.del(KEY);
  const [gap] = await move(cursors, 11, 20);
  expect(gap).toMatchObject({ symbol, cause: 'redis', to: { id: '11', ts: 11 } });
  expect(gap).not.toHaveProperty('from');
  expect(await move(cursors, 21, 30)).toEqual([]);
});

test('a Redis that was set back shows with where it stands', async () => {
  const cursors = await started();
  await move(cursors, 1, 10);
  await redis.redis.hset(KEY, symbol, '7 7');
  expect(await move(cursors, 11, 20)).toMatchObject([{ from: { id: '7', ts: 7 }, to: { id: '11' } }]);
  expect(await redis.redis.hget(KEY, symbol)).toBe('20 20');
});

test('a move that is repeated after an answer was lost finds nothing lost', async () => {
  const cursors = await started();
  await move(cursors, 1, 10);
  await redis.redis.hset(KEY, symbol, '20 20');
  expect(await move(cursors, 11, 20)).toEqual([]);
});

test('behind a batch that was left out the next one of its symbol begins with a gap, once', async () => {
  const cursors = await started();
  await move(cursors, 1, 10);
  cursors.doubt();
  expect(cursors.get(symbol)).toEqual({ id: '10', ts: 10 });
  expect(await move(cursors, 21, 30)).toMatchObject([
    { cause: 'overflow', from: { id: '10', ts: 10 }, to: { id: '21', ts: 21 } },
  ]);
  expect(await move(cursors, 31, 40)).toEqual([]);
  cursors.doubt(['ETH/USDT']);
  expect(await move(cursors, 41, 50)).toEqual([]);
});

test('a loss that could not be told is found again', async () => {
  const cursors = await started();
  await move(cursors, 1, 10);
  await redis.redis.del(KEY);
  const span = { first: { id: '11', ts: 11 }, last: { id: '20', ts: 20 } };
  const refuse = async () => {
    throw new Error('Redis is away');
  };
  await expect(cursors.move(new Map([[symbol, span]]), refuse)).rejects.toThrow('away');
  expect(await move(cursors, 11, 20)).toHaveLength(1);
});
