import { describe, expect, test } from '@jest/globals';
import { Redial } from './redial.ts';

/** The times of the attempts of an outage that begins at 0 and lasts so long. */
function attempts(lastsMs: number, floorMs = 100): number[] {
  const redial = new Redial(floorMs);
  const times: number[] = [];
  let liveMs: number | undefined = 60_000;
  for (let at = 1_000; at < 1_000 + lastsMs; ) {
    at += redial.waitMs(liveMs, at);
    liveMs = undefined;
    times.push(at - 1_000);
  }
  return times;
}

const outages = (lastsMs: number, floorMs?: number) =>
  Array.from({ length: 300 }, () => attempts(lastsMs, floorMs));
const last = (times: number[]) => times.at(-1) as number;

describe('the attempts of an outage', () => {
  test('begin at once, and reach the venue before it has been back for as long as it was away', () => {
    for (const times of outages(2_000)) {
      expect(times[0]).toBeLessThan(250);
      expect(last(times)).toBeLessThan(4_000);
    }
  });

  test('grow rare', () => {
    const counts = outages(600_000).map((times) => times.length);
    expect(counts.reduce((sum, count) => sum + count, 0) / counts.length).toBeLessThan(90);
    for (const times of outages(600_000)) expect(last(times)).toBeLessThan(630_000);
  });

  test('keep the venue’s distance once it is away for longer than that', () => {
    for (const times of outages(60_000, 4_500)) {
      times.forEach((at, index) => {
        const before = times[index - 1] ?? 0;
        if (before > 4_500) expect(at - before).toBeGreaterThanOrEqual(4_499);
      });
    }
  });
});

test('a venue that takes us in and turns us out keeps its distance too', () => {
  const redial = new Redial(4_500);
  const waits: number[] = [];
  for (let at = 0; waits.length < 100; at += (waits.at(-1) ?? 0) + 5) waits.push(redial.waitMs(5, at));
  expect(Math.min(...waits.slice(40))).toBeGreaterThanOrEqual(4_500);
});

test('a venue that takes us in and turns us out at once is not asked more and more often', () => {
  const redial = new Redial(100);
  const waits: number[] = [];
  for (let at = 0; waits.length < 200; ) {
    const wait = redial.waitMs(5, at);
    waits.push(wait);
    at += wait + 5;
  }
  const later = waits.slice(20);
  expect(Math.max(...later)).toBeLessThanOrEqual(1_000);
  expect(later.reduce((sum, wait) => sum + wait, 0) / later.length).toBeGreaterThan(350);
});
