import type { MarketEvent } from '../domain/market.ts';
import type { Book } from './book.ts';
import type { FeedFact, FeedStatus } from './feed/feed.ts';
import type { BadFrame } from './feed/session.ts';

/** What a feed tells whoever made it. None of these may throw or wait. */
export interface FeedEvents {
  /** Events in order within a symbol. Books have taken them already. */
  onEvents(events: readonly MarketEvent[], receivedAt: number): void;
  /** What can't be read is set aside; the connection lives. */
  onBadFrame?(bad: BadFrame): void;
  /** The state changed. */
  onStatus?(status: FeedStatus): void;
  /** Trades of these symbols may be lost from now on, and why; may be said again before they are heard. */
  onInterrupted?(symbols: ReadonlySet<string>, reason: string): void;
  /** Their trades are heard, for the first time or again. */
  onResumed?(symbols: ReadonlySet<string>): void;
  /** A book stopped being live without an event that says so. */
  onBook?(symbol: string): void;
  /** Something befell it, for counters. */
  onFact?(fact: FeedFact): void;
  /** The venue refused something: perhaps a symbol that it no longer lists. */
  onRefused?(): void;
}

/** A venue's market data as it runs, whoever reads the stream. */
export interface RunningFeed {
  /** Starts connecting; an unreachable venue shows in the status and is tried for ever. */
  start(): void;
  close(): Promise<void>;
  readonly status: FeedStatus;
  /** The book of a symbol; undefined until the first word of it. Trade on it only while it is `live`. */
  book(symbol: string): Book | undefined;
  /** Gives up a symbol; its book is stale from here on, and the others go on undisturbed. */
  leave(symbol: string): void;
  /** Takes up again a symbol that was given up. */
  join(symbol: string): void;
}
