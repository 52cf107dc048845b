import { WebSocket } from 'ws';
import { monotonic, now } from '../../clock.ts';
import { RejectError } from '../../errors.ts';
import { messageQuota } from '../quota.ts';
import type { Mapper, Reading, Subscription, Venue } from '../venue.ts';
import { Outbox } from './outbox.ts';
import { Watch } from './watch.ts';

/** A frame that was set aside, `bytes` long; a very long one is cut to `KEPT_BYTES`. */
export interface BadFrame {
  receivedAt: number;
  reason: string;
  bytes: number;
  frame: string;
}

/** How a session ended. */
export interface Ending {
  reason: string;
  /** The wait that the venue asked for, in ms. */
  retryAfterMs?: number;
}

export interface SessionOptions {
  venue: Venue;
  url: string;
  /** Every symbol that it may ever carry. */
  symbols: readonly string[];
  /** What it is to carry now. */
  wanted(): readonly Subscription[];
  /** The socket stands and what is wanted has been said. */
  onOpen(): void;
  /** A frame as it came, before it is read. */
  onFrame(data: Buffer, receivedAt: number): void;
  onReading(reading: Reading, receivedAt: number): void;
  onBadFrame(bad: BadFrame): void;
  /** The venue will cut this session before long, or its time is up: it goes on until it is closed. */
  onLeave(reason: string): void;
}

const KEPT_BYTES = 64 * 1024;
const MAX_PAYLOAD = 64 * 1024 * 1024;
const HANDSHAKE_MS = 10_000;
const CLOSE_MS = 1_000;

/**
 * One socket from its handshake to its end, with a mapper of its own: subscribes, answers, watches for silence. A frame
 * that can't be read is handed aside and costs the connection nothing.
 */
export class Session {
  /** Never rejects. */
  readonly ended: Promise<Ending>;
  /** Monotonic ms of the first frame that could be read. */
  liveAt: number | undefined;
  readonly #options: SessionOptions;
  readonly #ws: WebSocket;
  readonly #outbox: Outbox;
  readonly #watch: Watch;
  readonly #mapper: Mapper;
  #ending: Ending | undefined;
  #isOpen = false;
  #wasRefused = false;
  #heardSinceAsking = false;
  #askedAt = 0;

  constructor(options: SessionOptions) {
    const { venue, url, symbols, onLeave } = options;
    this.#options = options;
    this.#mapper = venue.createMapper(symbols);
    this.#ws = new WebSocket(url, {
      perMessageDeflate: false,
      maxPayload: MAX_PAYLOAD,
      handshakeTimeout: HANDSHAKE_MS,
      skipUTF8Validation: true,
    });
    this.#outbox = new Outbox(messageQuota(url, venue), (message) => this.#ws.send(message));
    this.#watch = new Watch(venue.limits, { onSilence: (reason) => this.close(reason), onLife: onLeave });
    this.ended = this.#live();
  }

  /** Asks the venue for these anew: the stream then begins with a whole book. */
  resubscribe(subscriptions: readonly Subscription[]): void {
    this.#ask(...this.#unsubscribe(subscriptions), ...this.#options.venue.subscribe(subscriptions));
  }

  /** Takes these back. Some venues refuse a whole request for the sake of one symbol: then the others are asked anew. */
  leave(subscriptions: readonly Subscription[]): void {
    this.#ask(...this.#unsubscribe(subscriptions));
    if (this.#wasRefused) this.join(this.#options.wanted());
    this.#wasRefused = false;
  }

  join(subscriptions: readonly Subscription[]): void {
    this.#ask(...this.#options.venue.subscribe(subscriptions));
  }

  /** Whether all that was asked of the venue was sent, some time ago, and it has spoken since. */
  isSettled(forMs: number): boolean {
    return this.#outbox.isEmpty && this.#heardSinceAsking && monotonic() - this.#askedAt >= forMs;
  }

  close(reason: string): void {
    this.#end({ reason });
  }

  #live(): Promise<Ending> {
    const ws = this.#ws;
    return new Promise((resolve) => {
      ws.on('open', () => this.#open());
      ws.on('ping', () => this.#watch.heard());
      ws.on('pong', () => this.#watch.heard());
      ws.on('error', (error) => this.#end({ reason: error.message || 'the connection failed' }));
      ws.on('unexpected-response', (request, response) => {
        request.destroy();
        const retryAfterMs = Number(response.headers['retry-after']) * 1000;
        const reason = `the venue answered HTTP ${response.statusCode}`;
        this.#end({ reason, ...(retryAfterMs > 0 && { retryAfterMs }) });
      });
      ws.on('close', (code, why) => {
        this.#watch.close();
        this.#outbox.close();
        resolve(this.#ending ?? { reason: closeReason(code, why) });
      });
    });
  }

  #open() {
    const { venue, wanted, onOpen } = this.#options;
    const { ping } = venue.limits;
    this.#watch.start(() => ping && this.#outbox.sendNow(ping.message, ping.free));
    this.#isOpen = true;
    onOpen();
    this.#ask(...(venue.opening ?? []), ...venue.subscribe(wanted()));
    const giveWay = fairly(this.#ws);
    this.#ws.on('message', (data) => {
      giveWay();
      this.#hear(data as Buffer);
    });
  }

  /** Where the words are names that this connection was given, its mapper knows them. */
  #unsubscribe(subscriptions: readonly Subscription[]): string[] {
    return this.#mapper.unsubscribe?.(subscriptions) ?? this.#options.venue.unsubscribe(subscriptions);
  }

  #ask(...messages: string[]) {
    if (!this.#isOpen) return;
    this.#heardSinceAsking = false;
    this.#askedAt = monotonic();
    this.#outbox.send(...messages);
  }

  #hear(data: Buffer) {
    this.#watch.heard();
    const receivedAt = now();
    this.#options.onFrame(data, receivedAt);
    const reading = this.#read(data, receivedAt);
    if (!reading) return;
    this.liveAt ??= monotonic();
    if (this.#outbox.isEmpty) this.#heardSinceAsking = true;
    this.#options.onReading(reading, receivedAt);
    const control = reading.kind === 'ignored' ? undefined : reading.control;
    if (control?.type === 'refused') this.#wasRefused = true;
    if (control?.type === 'answer') this.#outbox.sendNow(control.message);
    if (control?.type === 'reconnect') {
      if (control.lost) this.close(control.reason);
      else this.#options.onLeave(control.reason);
    }
  }

  /** Undefined when the frame had to be set aside. */
  #read(data: Buffer, receivedAt: number): Reading | undefined {
    const { maxFrameLength } = this.#options.venue.limits;
    try {
      if (data.length > maxFrameLength) {
        throw new RejectError(`frame of more than ${maxFrameLength} bytes`, 'frame');
      }
      return this.#mapper.read(data.toString(), receivedAt);
    } catch (error) {
      if (!(error instanceof RejectError)) throw error;
      const frame = data.toString('utf8', 0, KEPT_BYTES);
      this.#options.onBadFrame({ receivedAt, reason: error.message, bytes: data.length, frame });
      return undefined;
    }
  }

  #end(ending: Ending) {
    if (this.#ending) return;
    this.#ending = ending;
    closeSoon(this.#ws);
  }
}

const FRAMES_A_TURN = 256;

/** Call it for every frame: a flood then leaves each turn of the event loop to the process's other sockets too. */
function fairly(ws: WebSocket): () => void {
  let frames = 0;
  return () => {
    if (++frames !== FRAMES_A_TURN) return;
    ws.pause();
    setImmediate(() => {
      frames = 0;
      ws.resume();
    });
  };
}

/** Says goodbye and does not wait for long: a stalled peer never answers. */
function closeSoon(ws: WebSocket) {
  if (ws.readyState === WebSocket.CONNECTING) return ws.terminate();
  ws.close(1000);
  const timer = setTimeout(() => ws.terminate(), CLOSE_MS);
  ws.once('close', () => clearTimeout(timer));
}

function closeReason(code: number, why: Buffer): string {
  return why.length > 0 ? `the venue closed: ${why} (${code})` : `the venue closed (${code})`;
}
