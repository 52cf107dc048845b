import { expect, test } from '@jest/globals';
import type { BookReport } from './reading.ts';
import { compareInThread } from './reading-in-thread.ts';

test('ours and ccxt’s own handlers read the same book out of the same frames', async () => {
  const report = (await compareInThread({ what: 'book', venue: 'bitget', market: 'spot' })) as BookReport;
  expect(report).toMatchObject({ live: true, agree: true, checksums: { bad: 0 } });
  expect(report.updates).toBeGreaterThan(1_000);
  expect(report.ofJsonParse).toBeGreaterThan(0);
}, 120_000);
