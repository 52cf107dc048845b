import { expect, test } from '@jest/globals';
import { Interruption } from './interruption.ts';

test('candles are missing since the silence began, not since it was noticed', () => {
  const interruption = new Interruption(30_000);
  expect(interruption.take('down', 100_000)).toBeUndefined();
  expect(interruption.take('live', 105_000)).toBe(70_000);
});

test('an interruption begins at the first loss, whatever fails until the stream is back, and ends there', () => {
  const interruption = new Interruption(30_000);
  for (const at of [100_000, 110_000, 120_000]) interruption.take('down', at);
  interruption.take('connecting', 121_000);
  expect(interruption.take('live', 125_000)).toBe(70_000);
  expect(interruption.take('live', 130_000)).toBe(130_000);
});

test('a first start is whole from the moment it is live: what was before is asked for at the start', () => {
  expect(new Interruption(30_000).take('live', 100_000)).toBe(100_000);
});
