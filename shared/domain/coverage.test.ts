import { expect, test } from '@jest/globals';
import { coverDay, type Recording } from './coverage.ts';

/** A day of a hundred thousand and some ms, and a record that begins in it and is heard of to the end. */
const DAY = { from: 1_000_000, to: 1_100_000 };
const recording = (holes: [number, number][] = [], more: Partial<Recording> = {}): Recording => ({
  from: 0,
  heardAt: 2_000_000,
  holes: holes.map(([from, to]) => ({ from, to })),
  ...more,
});
const share = (of: Recording, now = 2_000_000) => coverDay(of, DAY, now).share;

test('a whole day without a hole is complete', () => {
  expect(coverDay(recording(), DAY, 2_000_000)).toEqual({ recordedMs: 100_000, unknownMs: 0, share: 1 });
});

test('holes count as far as they lie in the day, and once where they overlap', () => {
  const holes: [number, number][] = [
    [900_000, 1_010_000],
    [1_005_000, 1_020_000],
    [1_006_000, 1_007_000],
    [1_090_000, 1_200_000],
  ];
  expect(coverDay(recording(holes), DAY, 2_000_000)).toEqual({
    ...{ recordedMs: 100_000, unknownMs: 30_000, share: 0.7 },
  });
});

test('a hole however short is never rounded away', () => {
  expect(share(recording([[1_000_000, 1_000_000.01]]))).toBe(0.999999);
});

test('the first day counts from its first trade, today up to now', () => {
  const first = recording([[1_050_000, 1_055_000]], { from: 1_050_000 });
  expect(coverDay(first, DAY, 2_000_000)).toMatchObject({ recordedMs: 50_000, share: 0.9 });
  expect(coverDay(recording([[1_040_000, 1_050_000]]), DAY, 1_050_000)).toMatchObject({
    ...{ recordedMs: 50_000, share: 0.8 },
  });
});

test('days before the record, and after nothing was heard any more, are not recorded', () => {
  expect(share(recording([], { from: 1_100_000 }))).toBeNull();
  expect(share(recording([], { heardAt: 900_000 }))).toBeNull();
  expect(share(recording(), 1_000_000)).toBeNull();
});

test('since a feed fell silent nothing is known; a quiet minute is no silence', () => {
  expect(share(recording([], { heardAt: 1_000_000 }), 1_100_000)).toBe(0.6);
  expect(share(recording([], { heardAt: 1_050_000 }), 1_100_000)).toBe(1);
});
