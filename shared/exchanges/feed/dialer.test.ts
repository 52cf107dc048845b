import { afterEach, expect, jest, test } from '@jest/globals';
import { monotonic } from '../../clock.ts';
import { TokenBucket } from '../token-bucket.ts';
import { Dialer } from './dialer.ts';

const stops: AbortController[] = [];
afterEach(() => {
  for (const stop of stops.splice(0)) stop.abort();
  jest.restoreAllMocks();
});

/** Each caller has its own, as each connection does. */
function untilEnd(): AbortSignal {
  const stop = new AbortController();
  stops.push(stop);
  return stop.signal;
}

/** Callers in line, and those whose turn has come, in order. */
function callers(dialer: Dialer, count: number) {
  const all = Array.from({ length: count }, (_, index) => ({ index }));
  const turned: object[] = [];
  const ask = (caller: object) =>
    dialer.turn(caller, untilEnd()).then((isTurn) => {
      if (isTurn) turned.push(caller);
    });
  for (const caller of all) void ask(caller);
  return { all, turned, ask };
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const quota = (count = 100) => new TokenBucket({ count, perMs: 60_000 });

test('one knocks, and all the others come in once it was let in', async () => {
  const dialer = new Dialer(quota(), 100);
  const { turned } = callers(dialer, 16);
  await pause(50);
  expect(turned).toHaveLength(1);
  dialer.reached();
  await pause(20);
  expect(turned).toHaveLength(16);
});

test('while the venue is away one attempt is made for all of them, each by another', async () => {
  const dialer = new Dialer(quota(), 100);
  const { all, turned, ask } = callers(dialer, 8);
  await pause(20);
  dialer.reached();
  await pause(20);
  turned.length = 0;
  for (const caller of all) dialer.ended(caller, 60_000);
  for (const caller of all) void ask(caller);
  await pause(300);
  expect(turned).toHaveLength(1);
  dialer.ended(turned[0] as object, undefined);
  await pause(1_100);
  expect(turned).toHaveLength(2);
  expect(turned[1]).not.toBe(turned[0]);
});

test('a caller who gives up while it knocks lets the next one knock', async () => {
  const dialer = new Dialer(quota(), 100);
  const first = new AbortController();
  const isTurn = dialer.turn({}, first.signal);
  dialer.ended({}, undefined);
  const { turned } = callers(dialer, 1);
  expect(await isTurn).toBe(true);
  expect(turned).toHaveLength(0);
  const other = new Dialer(new TokenBucket({ count: 1, perMs: 60_000 }), 100);
  expect(await other.turn({}, untilEnd())).toBe(true);
  const knocker = {};
  other.ended(knocker, 60_000);
  const givingUp = new AbortController();
  const given = other.turn(knocker, givingUp.signal);
  givingUp.abort();
  expect(await given).toBe(false);
});

test('those who come in stand in line where the venue allows no more', async () => {
  const dialer = new Dialer(quota(3), 100);
  const { turned } = callers(dialer, 5);
  await pause(20);
  dialer.reached();
  await pause(50);
  expect(turned).toHaveLength(3);
});

test('knocks that fail leave as much of the quota as lets all in, once the venue is back', async () => {
  const bucket = new TokenBucket({ count: 18, perMs: 1_800 });
  const dialer = new Dialer(bucket, 100);
  const { all, turned, ask } = callers(dialer, 16);
  jest.spyOn(Math, 'random').mockReturnValue(0);
  const fail = async () => {
    const before = turned.length;
    const from = monotonic();
    const knocker = turned.at(-1) as object;
    dialer.ended(knocker, undefined);
    void ask(knocker);
    while (turned.length === before) await pause(2);
    return monotonic() - from;
  };
  await pause(10);
  expect(turned).toHaveLength(1);
  const first = await fail();
  expect(await fail()).toBeGreaterThan(first + 100);
  expect(bucket.free).toBe(15);
  dialer.reached();
  await pause(20);
  expect(new Set(turned.slice(2))).toEqual(new Set(all));
});
