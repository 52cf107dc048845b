import { expect, test } from '@jest/globals';
import { pauseBeforeCutMs } from './pause-before-cut.ts';

const connects = { count: 20, perMs: 60_000 };

test('a feed whose connections fit twice into what we take of a window, or whose window is a second, is cut at any time', () => {
  expect(pauseBeforeCutMs({ connects }, { sockets: 9, backAt: 1_000_000 }, 1_000_000)).toBe(0);
  const perSecond = { connects: { count: 3, perMs: 1_000 } };
  expect(pauseBeforeCutMs(perSecond, { sockets: 4, backAt: 1_000_000 }, 1_000_000)).toBe(0);
});

test('one whose do not is cut when its last connects are a window old', () => {
  const lane = { sockets: 10, backAt: 1_000_000 };
  expect(pauseBeforeCutMs({ connects }, lane, 1_000_000)).toBe(60_000);
  expect(pauseBeforeCutMs({ connects }, lane, 1_045_000)).toBe(15_000);
  expect(pauseBeforeCutMs({ connects }, lane, 1_200_000)).toBe(0);
});
