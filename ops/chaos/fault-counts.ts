/** How often each fault is done: to each venue, or to all of them at once. */
export interface FaultCounts {
  /** Of each venue's adapter and book, without a socket. */
  X1: number;
  X2: number;
  X3: number;
  X4: number;
  X9: number;
  /** X5: times that all sockets fall silent. */
  stalls: number;
  /** X6: times that every venue which can announces a cut. */
  announcements: number;
  /** X8: outages of each venue, beside the short ones of X6 and X7, and how long they may be. */
  outages: number;
  longestOutageMs: number;
  /** X10: how long the rate is ten times as high. */
  burstMs: number;
}

/** In a few minutes. */
export const BRIEF: FaultCounts = {
  ...{ X1: 1_000, X2: 5_000, X3: 1_000, X4: 200, X9: 2_000 },
  ...{ stalls: 1, announcements: 1, outages: 0, longestOutageMs: 0, burstMs: 10_000 },
};

/**
 * In half an hour. Over 16 feeds that is 64 stalls, more than a hundred announced cuts (of the eight that announce
 * them), and 112 outages.
 */
export const FULL: FaultCounts = {
  ...{ X1: 1_000, X2: 5_000, X3: 1_000, X4: 200, X9: 50_000 },
  ...{ stalls: 4, announcements: 13, outages: 7, longestOutageMs: 120_000, burstMs: 60_000 },
};
