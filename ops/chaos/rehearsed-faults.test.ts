import { expect, test } from '@jest/globals';
import { nativeEntries } from '../../shared/exchanges/entries.ts';
import { rehearse } from './rehearsed-faults.ts';

const FAULTS = new Set(['X1', 'X2', 'X3', 'X4', 'X9']);
const COUNTS = { X1: 40, X2: 40, X3: 40, X4: 40, X9: 40 };
const ENTRIES = nativeEntries().filter(({ venue }) => venue !== 'sim');

test.each(ENTRIES.map((entry) => [entry.name, entry] as const))(
  '%s: every break is found at the next frame, no live book is ever wrong, nothing malformed gets through',
  (_name, entry) => {
    const { X1, X2, X3, X4, X9, checkpoints, wrong } = rehearse(entry, FAULTS, { counts: COUNTS, seed: 3 });
    expect(wrong).toBe(0);
    expect(checkpoints).toBeGreaterThanOrEqual(40);
    expect(X1).toMatchObject({ lost: 40, detected: 40 });
    expect(X2?.repeated).toBeGreaterThanOrEqual(40);
    if (X3) expect(X3.detected).toBe(X3.corrupted);
    expect(X4?.falseResyncs ?? 0).toBe(0);
    expect(X9?.insane).toBe(0);
    expect(X9?.refused).toBeGreaterThan(20);
  },
);
