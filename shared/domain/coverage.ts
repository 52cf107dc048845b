/** A stretch of time, `from` included and `to` not, UTC ms. */
export interface Stretch {
  from: number;
  to: number;
}

/** The live record of one symbol's trades. Times in UTC ms. */
export interface Recording {
  /** Since when it is recorded. */
  from: number;
  /** When something of it was last archived. */
  heardAt: number;
  /** Stretches in which trades may be missing still. */
  holes: readonly Stretch[];
}

/** What is known of the record of one day. Times in ms. */
export interface DayCoverage {
  /** How much of the day is on record: less than all of it on the first day and today, 0 where there is none. */
  recordedMs: number;
  /** Of that, the time in which trades may be missing. */
  unknownMs: number;
  /** 1 − unknownMs / recordedMs, never rounded up; null on a day that is not recorded. */
  share: number | null;
}

/** A record from which nothing was heard for so long may have ended. */
const GRACE_MS = 60_000;
const PARTS = 1_000_000;

/**
 * What share of a day's record is known to be complete. The record goes from its beginning to `now`; unknown are its
 * holes and, when nothing is heard any more, the time since it last was. Days that lie wholly before or behind are not
 * recorded.
 */
export function coverDay(recording: Recording, day: Stretch, now: number): DayCoverage {
  const silentFrom = Math.min(recording.heardAt + GRACE_MS, now);
  const recorded = { from: Math.max(recording.from, day.from), to: Math.min(now, day.to) };
  const recordedMs = recorded.to - recorded.from;
  if (recordedMs <= 0 || silentFrom <= day.from) return { recordedMs: 0, unknownMs: 0, share: null };
  const unknownMs = lengthWithin(recorded, [...recording.holes, { from: silentFrom, to: now }]);
  return { recordedMs, unknownMs, share: Math.floor((1 - unknownMs / recordedMs) * PARTS) / PARTS };
}

/** How much of a stretch others cover; what several cover counts once. */
function lengthWithin(whole: Stretch, stretches: readonly Stretch[]): number {
  let [length, reached] = [0, whole.from];
  for (const { from, to } of [...stretches].sort((a, b) => a.from - b.from)) {
    const [begin, end] = [Math.max(from, reached), Math.min(to, whole.to)];
    if (end <= begin) continue;
    length += end - begin;
    reached = end;
  }
  return length;
}
