import type { BookUpdate, MarketEvent } from '../../shared/domain/market.ts';
import { messageOf, UserError } from '../../shared/errors.ts';
import { type BadFrame, Feed, type FeedStatus, type RawFrame } from '../../shared/exchanges/feed/feed.ts';
import { fetchBookSnapshot } from '../../shared/exchanges/history.ts';
import type { Subscription, Venue } from '../../shared/exchanges/venue.ts';
import { type RecordingFile, RecordingWriter, type Rotation } from './recording-writer.ts';

export interface RecorderOptions {
  venue: Venue;
  subscriptions: readonly Subscription[];
  /** Must exist. */
  folder: string;
  rotation: Rotation;
  /** What the feed says live, as it is recorded. */
  onEvents?(events: readonly MarketEvent[], receivedAt: number): void;
  onBadFrame?(bad: BadFrame): void;
  onStatus?(status: FeedStatus): void;
  /** The disk refused, or can't keep up: nothing more is recorded. */
  onFailure(error: UserError): void;
}

/** What was recorded so far. */
export interface RecordingReport {
  files: RecordingFile[];
  frames: number;
  /** Whole books fetched over REST, which stand among the frames. */
  snapshots: number;
  badFrames: number;
  reconnects: number;
  /** Symbols of which not one event came. */
  silent: string[];
}

const FLUSH_MS = 1_000;
const MOST_WAITING = 256 * 1024 * 1024;

/**
 * Keeps the raw frames of a feed as recordings, a file for each socket: a cut begins a new one, as its frames begin
 * anew. A REST book is kept where the live book took it, so that `book` rebuilds what the feed had.
 */
export class Recorder {
  readonly feed: Feed;
  readonly #options: RecorderOptions;
  readonly #writers = new Map<string, RecordingWriter>();
  readonly #bodies = new WeakMap<MarketEvent, unknown>();
  readonly #heard = new Set<string>();
  #frames = 0;
  #snapshots = 0;
  #failed = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: RecorderOptions) {
    this.#options = options;
    const { venue, subscriptions, onBadFrame, onStatus } = options;
    this.feed = new Feed({
      venue,
      subscriptions,
      onFrame: (frame) => this.#keep(frame),
      onFetched: (update, of) => this.#keepSnapshot(update, of),
      onEvents: (events, receivedAt) => this.#hear(events, receivedAt),
      fetchBook: (symbol, waiting) =>
        fetchBookSnapshot(venue, symbol, {
          waiting,
          onBody: (update, body) => this.#bodies.set(update, body),
        }),
      ...(onBadFrame && { onBadFrame }),
      ...(onStatus && { onStatus }),
    });
  }

  start(): void {
    this.#timer = setInterval(() => this.#flush(), FLUSH_MS);
    this.feed.start();
  }

  /** Leaves the venue and puts everything on disk. */
  async stop(): Promise<RecordingReport> {
    clearInterval(this.#timer);
    await this.feed.close();
    await this.#flush();
    return this.report();
  }

  report(): RecordingReport {
    const { badFrames, reconnects } = this.feed.status;
    const files = [...this.#writers.values()].flatMap((writer) => writer.files);
    const wanted = new Set(this.#options.subscriptions.map(({ symbol }) => symbol));
    return {
      files,
      frames: this.#frames,
      snapshots: this.#snapshots,
      badFrames,
      reconnects,
      silent: [...wanted].filter((symbol) => !this.#heard.has(symbol)),
    };
  }

  #keep(frame: RawFrame) {
    const writer = this.#writers.get(keyOf(frame)) ?? this.#begin(frame);
    this.#frames++;
    this.#add(writer, frame.receivedAt, frame.data);
  }

  #begin(frame: RawFrame): RecordingWriter {
    const { venue, folder, rotation } = this.#options;
    const since = new Date(frame.receivedAt).toISOString().replace(/[-:.]/g, '');
    const name = `${venue.name}-${venue.market}-${since}-${keyOf(frame)}`.replaceAll(':', '-');
    const writer = new RecordingWriter(folder, name, rotation);
    this.#writers.set(keyOf(frame), writer);
    return writer;
  }

  #hear(events: readonly MarketEvent[], receivedAt: number) {
    for (const { symbol } of events) this.#heard.add(symbol);
    this.#options.onEvents?.(events, receivedAt);
  }

  /** The books of a socket have taken it: it stands among that socket's frames. */
  #keepSnapshot(update: BookUpdate, of: Pick<RawFrame, 'connection' | 'session'>) {
    const writer = this.#writers.get(keyOf(of));
    if (!writer) return;
    const snapshot_for = this.#options.venue.wireSymbol(update.symbol);
    const line = JSON.stringify({ snapshot_for, body: this.#bodies.get(update) });
    this.#snapshots++;
    this.#add(writer, update.receivedAt, Buffer.from(line));
  }

  #add(writer: RecordingWriter, receivedAt: number, frame: Buffer) {
    if (this.#failed) return;
    writer.add(receivedAt, frame);
    if (writer.isDue) void this.#flush();
    if (writer.waiting > MOST_WAITING) this.#fail('the disk is slower than the venue');
  }

  async #flush() {
    try {
      await Promise.all([...this.#writers.values()].map((writer) => writer.flush()));
    } catch (error) {
      this.#fail(messageOf(error));
    }
  }

  #fail(reason: string) {
    if (this.#failed) return;
    this.#failed = true;
    this.#options.onFailure(new UserError(`cannot go on recording to ${this.#options.folder}: ${reason}`));
  }
}

/** `c0s1`: the first connection's first socket. */
const keyOf = ({ connection, session }: Pick<RawFrame, 'connection' | 'session'>) =>
  `c${connection}s${session}`;
