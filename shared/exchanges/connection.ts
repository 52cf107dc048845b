import { WebSocket } from 'ws';
import { backoffMs, monotonic, now, sleep } from '../clock.ts';
import { RejectError } from '../errors.ts';
import { Outbox } from './outbox.ts';
import { connectQuota, messageQuota } from './quota.ts';
import type { Mapper, Reading, Subscription, Venue } from './venue.ts';
import { Watch } from './watch.ts';

/** A frame that was set aside, `bytes` long; a very long one is cut to `KEPT_BYTES`. */
export interface BadFrame {
  receivedAt: number;
  reason: string;
  bytes: number;
  frame: string;
}

export interface ConnectionHandlers {
  /** A new socket has subscribed: whatever the last one said no longer counts. */
  onOpen(): void;
  /** A frame as it came, before it is read; `session` counts this connection's sockets, from 1. */
  onFrame?(data: Buffer, receivedAt: number, session: number): void;
  /** The first frame that could be read came in: the venue is there. */
  onLive(): void;
  onReading(reading: Reading, receivedAt: number): void;
  onBadFrame(bad: BadFrame): void;
  /** The session ended; the next attempt starts by itself after `retryMs`. */
  onDown(reason: string, retryMs: number): void;
}

/** How a session ended. */
interface Ending {
  reason: string;
  /** Our own doing, or announced by the venue: no need to wait. */
  planned: boolean;
  /** The wait that the venue asked for. */
  retryAfterMs?: number;
}

const KEPT_BYTES = 64 * 1024;
const MAX_PAYLOAD = 64 * 1024 * 1024;
const HANDSHAKE_MS = 10_000;
/** A session that lasted so long was a good one: the next failure starts the backoff afresh. */
const GOOD_SESSION_MS = 10_000;
const CLOSE_MS = 1_000;
/** How often a connection without work looks for some. */
const IDLE_MS = 250;

/**
 * One socket that is kept open for ever: subscribes, watches for silence, leaves before the venue's life limit and
 * comes back with jittered backoff. Frames that can't be read are handed aside and cost the connection nothing.
 */
export class Connection {
  readonly #venue: Venue;
  readonly #url: string;
  readonly #wanted: readonly Subscription[];
  /** Symbols that were given up. */
  readonly #left = new Set<string>();
  readonly #handlers: ConnectionHandlers;
  readonly #stop = new AbortController();
  #outbox: Outbox | undefined;
  #mapper: Mapper | undefined;
  #running: Promise<void> | undefined;
  #sessions = 0;
  /** Ends the session that runs. */
  #end: ((reason: string, planned: boolean) => void) | undefined;
  #refused = false;

  constructor(
    venue: Venue,
    url: string,
    subscriptions: readonly Subscription[],
    handlers: ConnectionHandlers,
  ) {
    this.#venue = venue;
    this.#url = url;
    this.#wanted = subscriptions;
    this.#handlers = handlers;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  /** Asks the venue for these anew: the stream then begins with a whole book. */
  resubscribe(subscriptions: readonly Subscription[]): void {
    const leave = this.#mapper?.unsubscribe?.(subscriptions) ?? this.#venue.unsubscribe(subscriptions);
    this.#outbox?.send(...leave, ...this.#venue.subscribe(subscriptions));
  }

  /** Takes a symbol's subscriptions back, where it carries any. */
  leave(symbol: string): void {
    const subscriptions = this.#of(symbol);
    if (subscriptions.length === 0 || this.#left.has(symbol)) return;
    this.#left.add(symbol);
    const leave = this.#mapper?.unsubscribe?.(subscriptions) ?? this.#venue.unsubscribe(subscriptions);
    this.#outbox?.send(...leave);
    if (this.isIdle) this.#end?.('it has nothing to carry', true);
    // Some venues refuse a whole request for the sake of one symbol.
    else if (this.#refused) this.#outbox?.send(...this.#venue.subscribe(this.#subscriptions));
    this.#refused = false;
  }

  /** Subscribes to it again. */
  join(symbol: string): void {
    if (this.#left.delete(symbol)) this.#outbox?.send(...this.#venue.subscribe(this.#of(symbol)));
  }

  /** All it carried was given up: it connects again when something is taken up. */
  get isIdle(): boolean {
    return this.#subscriptions.length === 0;
  }

  get #subscriptions(): Subscription[] {
    return this.#wanted.filter(({ symbol }) => !this.#left.has(symbol));
  }

  #of = (symbol: string): Subscription[] => this.#wanted.filter((each) => each.symbol === symbol);

  async #run() {
    const { signal } = this.#stop;
    const quota = connectQuota(this.#url, this.#venue);
    const isWanted = async () => {
      while (this.isIdle && (await sleep(IDLE_MS, signal)));
      return quota.take(1, signal);
    };
    for (let attempt = 0; await isWanted(); attempt++) {
      const startedAt = monotonic();
      const ending = await this.#session();
      if (signal.aborted) return;
      if (monotonic() - startedAt > GOOD_SESSION_MS) attempt = 0;
      const retryMs = this.#retryMs(attempt, ending);
      this.#handlers.onDown(ending.reason, retryMs);
      await sleep(retryMs, signal);
    }
  }

  #retryMs(attempt: number, { planned, retryAfterMs = 0 }: Ending): number {
    const floorMs = this.#venue.limits.reconnectFloorMs;
    return Math.max(planned ? floorMs : backoffMs(attempt, { floorMs }), retryAfterMs);
  }

  /** One socket from its handshake to its end. */
  #session(): Promise<Ending> {
    const { limits } = this.#venue;
    return new Promise((resolve) => {
      const ws = new WebSocket(this.#url, {
        perMessageDeflate: false,
        maxPayload: MAX_PAYLOAD,
        handshakeTimeout: HANDSHAKE_MS,
        skipUTF8Validation: true,
      });
      let ending: Ending | undefined;
      const end = (reason: string, planned = false, retryAfterMs?: number) => {
        ending ??= { reason, planned, ...(retryAfterMs && { retryAfterMs }) };
        closeSoon(ws);
      };
      const watch = new Watch(limits, end);
      const outbox = new Outbox(messageQuota(this.#url, this.#venue), (message) => ws.send(message));
      const stop = () => end('closed by us', true);
      this.#stop.signal.addEventListener('abort', stop, { once: true });

      ws.on('open', () => this.#open(ws, outbox, watch, end));
      ws.on('ping', () => watch.heard());
      ws.on('pong', () => watch.heard());
      ws.on('error', (error) => end(error.message || 'the connection failed'));
      ws.on('unexpected-response', (request, response) => {
        request.destroy();
        const retryAfter = Number(response.headers['retry-after']);
        end(`the venue answered HTTP ${response.statusCode}`, false, retryAfter * 1000 || undefined);
      });
      ws.on('close', (code, why) => {
        watch.close();
        outbox.close();
        this.#outbox = undefined;
        this.#end = undefined;
        this.#stop.signal.removeEventListener('abort', stop);
        resolve(ending ?? { reason: closeReason(code, why), planned: false });
      });
    });
  }

  #open(ws: WebSocket, outbox: Outbox, watch: Watch, end: (reason: string, planned?: boolean) => void) {
    const { limits } = this.#venue;
    const mapper = this.#venue.createMapper(this.#wanted.map(({ symbol }) => symbol));
    this.#outbox = outbox;
    this.#end = end;
    this.#refused = false;
    this.#mapper = mapper;
    watch.start(() => limits.ping && outbox.sendNow(limits.ping.message, limits.ping.free));
    this.#handlers.onOpen();
    outbox.send(...(this.#venue.opening ?? []), ...this.#venue.subscribe(this.#subscriptions));
    const giveWay = fairly(ws);
    const session = ++this.#sessions;
    let live = false;
    ws.on('message', (data) => {
      giveWay();
      watch.heard();
      const receivedAt = now();
      this.#handlers.onFrame?.(data as Buffer, receivedAt, session);
      const reading = this.#read(mapper, data as Buffer, receivedAt);
      if (!reading) return;
      if (!live) {
        live = true;
        this.#handlers.onLive();
      }
      const control = reading.kind === 'ignored' ? undefined : reading.control;
      if (control?.type === 'refused') this.#refused = true;
      if (control?.type === 'reconnect') end(control.reason, true);
      if (control?.type === 'answer') outbox.sendNow(control.message);
    });
  }

  /** Reads a frame and hands it on; undefined when it had to be set aside. */
  #read(mapper: Mapper, data: Buffer, receivedAt: number): Reading | undefined {
    const { maxFrameLength } = this.#venue.limits;
    try {
      if (data.length > maxFrameLength) {
        throw new RejectError(`frame of more than ${maxFrameLength} bytes`, 'frame');
      }
      const reading = mapper.read(data.toString(), receivedAt);
      this.#handlers.onReading(reading, receivedAt);
      return reading;
    } catch (error) {
      if (!(error instanceof RejectError)) throw error;
      const frame = data.toString('utf8', 0, KEPT_BYTES);
      this.#handlers.onBadFrame({ receivedAt, reason: error.message, bytes: data.length, frame });
      return undefined;
    }
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
