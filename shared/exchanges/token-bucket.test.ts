import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { monotonic } from '../clock.ts';
import { TokenBucket } from './token-bucket.ts';

describe('a token bucket', () => {
  test('gives what it has at once, and the next when the first comes back', async () => {
    const bucket = new TokenBucket({ count: 2, perMs: 80 });
    const from = monotonic();
    await Promise.all([bucket.take(), bucket.take()]);
    expect(monotonic() - from).toBeLessThan(60);
    expect(bucket.free).toBe(0);
    await bucket.take();
    expect(monotonic() - from).toBeGreaterThanOrEqual(79);
    expect(bucket.waitedMs).toBeGreaterThan(0);
  });

  test('serves in the order of asking: a cheap call does not overtake a dear one', async () => {
    const bucket = new TokenBucket({ count: 10, perMs: 30 });
    const served: string[] = [];
    await Promise.all([
      bucket.take(8).then(() => served.push('first')),
      bucket.take(9).then(() => served.push('dear')),
      bucket.take(1).then(() => served.push('cheap')),
    ]);
    expect(served).toEqual(['first', 'dear', 'cheap']);
  });

  test('who can wait comes behind all others, also those who ask later, and then has its turn', async () => {
    const bucket = new TokenBucket({ count: 6, perMs: 30 });
    await bucket.take(6);
    const served: string[] = [];
    const ask = (name: string, cost: number, canWait: boolean) =>
      bucket.take(cost, { canWait }).then(() => served.push(name));
    await Promise.all([
      ask('candles', 3, true),
      ask('more candles', 3, true),
      ask('gap', 6, false),
      ask('next gap', 6, false),
    ]);
    expect(served).toEqual(['gap', 'next gap', 'candles', 'more candles']);
  });

  test('who gives up leaves the line, and holds up nobody behind', async () => {
    const bucket = new TokenBucket({ count: 1, perMs: 40 });
    await bucket.take();
    const stop = new AbortController();
    const left = bucket.take(1, stop);
    const stays = bucket.take();
    stop.abort();
    expect(await left).toBe(false);
    expect(await stays).toBe(true);
    expect(await bucket.take(1, stop)).toBe(false);
  });

  test('what costs more than there is takes all; what must not wait takes what is not there', async () => {
    const bucket = new TokenBucket({ count: 3, perMs: 60_000 });
    expect(await bucket.take(250)).toBe(true);
    expect(bucket.tryTake()).toBe(false);
    bucket.spend(2);
    expect(bucket.free).toBe(0);
  });

  test('gives out nothing while the venue shuts us out', async () => {
    const bucket = new TokenBucket({ count: 5, perMs: 1_000 });
    const from = monotonic();
    bucket.shut(50);
    expect([bucket.free, bucket.tryTake()]).toEqual([0, false]);
    await bucket.take();
    expect(monotonic() - from).toBeGreaterThanOrEqual(49);
  });

  test('learns what others of the address have used', () => {
    const bucket = new TokenBucket({ count: 100, perMs: 60_000 });
    bucket.spend(10);
    bucket.learn(70);
    expect(bucket.free).toBe(30);
    bucket.learn(40);
    expect(bucket.free).toBe(30);
  });

  test('no window ever holds more than it may, whatever is asked of it', async () => {
    const asks = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(asks, async (costs) => {
        const bucket = new TokenBucket({ count: 5, perMs: 15 });
        const taken: [at: number, cost: number][] = [];
        await Promise.all(costs.map((cost) => bucket.take(cost).then(() => taken.push([monotonic(), cost]))));
        for (const [from] of taken) {
          const within = taken.filter(([at]) => at >= from && at < from + 14);
          expect(within.reduce((sum, [, cost]) => sum + cost, 0)).toBeLessThanOrEqual(5);
        }
      }),
      { numRuns: 20 },
    );
  });
});
