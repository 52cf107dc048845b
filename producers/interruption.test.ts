import { expect, test } from '@jest/globals';
import { Interruption } from './interruption.ts';

test('candles are missing since the silence began, not since it was noticed', () => {
  const interruption = live(new Interruption(30_000));
  expect(interruption.take('down', 100_000)).toBeUndefined();
  expect(interruption.take('live', 105_000)).toBe(70_000);
});

test('an interruption begins at the first loss, whatever fails until the stream is back, and ends there', () => {
  const interruption = live(new Interruption(30_000));
  for (const at of [100_000, 110_000, 120_000]) interruption.take('down', at);
  interruption.take('connecting', 121_000);
  expect(interruption.take('live', 125_000)).toBe(70_000);
  expect(interruption.take('live', 130_000)).toBe(130_000);
});

test('what closes between the start and the first connection is missing, however often it fails', () => {
  expect(new Interruption(30_000, 90_000).take('live', 100_000)).toBe(90_000);
  const slow = new Interruption(30_000, 90_000);
  slow.take('down', 95_000);
  expect(slow.take('live', 100_000)).toBe(90_000);
});

function live(interruption: Interruption): Interruption {
  interruption.take('live', 50_000);
  return interruption;
}
