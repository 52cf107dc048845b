import { expect, test } from '@jest/globals';
import { Faults, faultOrders } from './faults.ts';
import { malformedFrames } from './malformed.ts';
import { seeded } from './random.ts';
import type { Frame } from './session.ts';

const book = (text: string): Frame => ({ kind: 'book', text });
const trade = (text: string): Frame => ({ kind: 'trades', text });
const textsOf = (frames: Frame[]) => frames.map(({ text }) => text).join('');

test('every n-th frame of a kind is left out, said twice, or comes two frames late', () => {
  const frames = 'abcdefgh'.split('').map(book);
  const bent = (orders: object) => {
    const faults = new Faults();
    faults.set(faultOrders.parse(orders), 0);
    return textsOf(faults.bend({}, frames));
  };
  expect(bent({ dropDepthEvery: 4 })).toBe('abcefg');
  expect(bent({ repeatEvery: 4 })).toBe('abcddefghh');
  expect(bent({ lateEvery: 4 })).toBe('abcefdg');
  expect(bent({ dropTradeEvery: 1 })).toBe('abcdefgh');
});

test('a frame held back is that connection’s own, and goes out with its later frames', () => {
  const faults = new Faults();
  faults.set({ lateEvery: 2 }, 0);
  const [one, other] = [{}, {}];
  expect(textsOf(faults.bend(one, [trade('a'), trade('b')]))).toBe('a');
  faults.set({ lateEvery: 0 }, 0);
  expect(textsOf(faults.bend(other, [trade('x'), trade('y'), trade('z')]))).toBe('xyz');
  expect(textsOf(faults.bend(one, [trade('c'), trade('d')]))).toBe('cdb');
  expect(faults.done).toEqual({ dropped: 0, repeated: 0, late: 1 });
});

test('acknowledgements and heartbeats are never touched, and nothing is while nothing is ordered', () => {
  const faults = new Faults();
  const frames: Frame[] = [{ kind: 'control', text: 'ok' }, book('a')];
  expect(faults.bend({}, frames)).toBe(frames);
  faults.set({ dropDepthEvery: 1, dropTradeEvery: 1 }, 0);
  expect(textsOf(faults.bend({}, frames))).toBe('ok');
});

test('a stall and an outage end by themselves', () => {
  const faults = new Faults();
  faults.set({ stallMs: 10, outageMs: 20 }, 1_000);
  expect([1_009, 1_010].map((at) => faults.isStalled(at))).toEqual([true, false]);
  expect([1_019, 1_020].map((at) => faults.isDown(at))).toEqual([true, false]);
});

test('malformed frames are the same for the same seed, and none is the frame it was made of', () => {
  const sample = '{"e":"trade","p":"1.5","q":"2","m":true}';
  const make = (seed: number) => [...malformedFrames(() => sample, 60, seeded(seed))];
  expect(make(1)).toEqual(make(1));
  expect(make(1)).not.toEqual(make(2));
  expect(make(1)).not.toContain(sample);
  expect(Math.max(...make(1).map(({ length }) => length))).toBeGreaterThan(10_000_000);
});
