/**
 * Why trades may be missing. `disconnect`: the stream was not heard; `sequence`: it was, with a hole in it;
 * `overflow`: we left them out ourselves, for nothing could hold them; `restart`: the producer was stopped and started
 * again; `crash`: it ended without a word; `redis`: it lost what it held.
 */
export const GAP_CAUSES = ['disconnect', 'sequence', 'overflow', 'restart', 'crash', 'redis'] as const;
export type GapCause = (typeof GAP_CAUSES)[number];

/** `open`: being closed, or tried again later; `closed`: nothing is missing any more; `unfillable`: lost for good. */
export const GAP_STATES = ['open', 'closed', 'unfillable'] as const;
export type GapState = (typeof GAP_STATES)[number];

/** One trade of a stream: the venue's id and time (UTC ms). */
export interface Mark {
  id: string;
  ts: number;
}

/** A stretch of one symbol's trades that may be missing, as it is noticed. */
export interface Gap {
  symbol: string;
  cause: GapCause;
  /** What happened, for people. */
  detail: string;
  /** UTC ms; with symbol, cause and `from` it tells one gap from another, however often it is told. */
  noticedAt: number;
  /** The last trade known before it; absent where only the archive knows. */
  from?: Mark;
  /** The first known after it; absent while there is none yet: then it reaches to the present. */
  to?: Mark;
}
