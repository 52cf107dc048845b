import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type RawData, WebSocket, WebSocketServer } from 'ws';
import type { Log } from '../../shared/log.ts';
import { answer } from './stream-requests.ts';

const PING_MS = 20_000;
const PONG_WITHIN_MS = 60_000;
/** A client that leaves so much unread is cut, as an exchange would. */
const UNREAD_BYTES = 16 * 2 ** 20;
const MESSAGES_PER_SECOND = 5;
const LARGEST_MESSAGE = 64 * 2 ** 10;

/** One connection; `combined` wraps each payload as `{"stream","data"}`. */
export interface Client {
  combined: boolean;
  streams: Set<string>;
}
type Connection = Client & {
  ws: WebSocket;
  socket: Duplex;
  pongAt: number;
  second: { at: number; messages: number };
};

/**
 * The WebSocket side: `/stream?streams=a/b` (combined) and `/ws/a` (raw), with Binance's live subscribing.
 * Everything is paid for only by subscribers: ask `wanted` before making a frame.
 */
export class Streams {
  readonly #server = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: LARGEST_MESSAGE,
  });
  readonly #connections = new Set<Connection>();
  readonly #subscribers = new Map<string, Set<Connection>>();
  readonly #pinger: NodeJS.Timeout;
  readonly #log: Log;
  readonly #isStalled: () => boolean;

  constructor(log: Log, isStalled: () => boolean) {
    this.#log = log;
    this.#isStalled = isStalled;
    this.#pinger = setInterval(() => this.#pingAll(), PING_MS);
  }

  get clients(): number {
    return this.#connections.size;
  }

  /** Takes an HTTP upgrade over; an unknown path is answered 404. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://sim');
    const isCombined = pathname === '/stream';
    if (!isCombined && !/^\/ws(\/|$)/.test(pathname)) {
      socket.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
      return;
    }
    const text = isCombined ? (searchParams.get('streams') ?? '') : pathname.slice('/ws/'.length);
    this.#server.handleUpgrade(request, socket, head, (ws) =>
      this.#accept(ws, socket, isCombined, text.split('/').filter(Boolean)),
    );
  }

  wanted(stream: string): boolean {
    return this.#subscribers.has(stream);
  }

  /** Sends a payload to whoever has subscribed to the stream. */
  send(stream: string, payload: string): void {
    const subscribers = this.#subscribers.get(stream);
    if (!subscribers || this.#isStalled()) return;
    let combined: Buffer | undefined;
    let raw: Buffer | undefined;
    for (const connection of subscribers) {
      if (connection.combined) combined ??= Buffer.from(`{"stream":"${stream}","data":${payload}}`);
      else raw ??= Buffer.from(payload);
      this.#push(connection, (connection.combined ? combined : raw) as Buffer);
    }
  }

  /** Sends to every connection, whatever it subscribed to. */
  announce(stream: string, payload: string): void {
    for (const connection of this.#connections) {
      const frame = connection.combined ? `{"stream":"${stream}","data":${payload}}` : payload;
      this.#push(connection, Buffer.from(frame));
    }
  }

  /** Frames sent within `work` leave each socket in one write. */
  batch(work: () => void): void {
    const sockets = [...this.#connections].map(({ socket }) => socket);
    for (const socket of sockets) socket.cork();
    try {
      work();
    } finally {
      for (const socket of sockets) socket.uncork();
    }
  }

  /** Drops every connection without a word. */
  cut(): void {
    for (const { ws } of this.#connections) ws.terminate();
  }

  close(): void {
    clearInterval(this.#pinger);
    for (const { ws } of this.#connections) ws.close(1001);
    this.#server.close();
  }

  #accept(ws: WebSocket, socket: Duplex, combined: boolean, streams: string[]): void {
    const connection: Connection = {
      ws,
      socket,
      combined,
      streams: new Set(),
      pongAt: Date.now(),
      second: { at: 0, messages: 0 },
    };
    this.#connections.add(connection);
    for (const stream of streams) this.#subscribe(connection, stream);
    ws.on('message', (data, isBinary) => this.#onMessage(connection, data, isBinary));
    ws.on('pong', () => {
      connection.pongAt = Date.now();
    });
    ws.on('error', (error) => this.#log.debug({ reason: error.message }, 'client error'));
    ws.on('close', () => this.#forget(connection));
  }

  #onMessage(connection: Connection, data: RawData, isBinary: boolean): void {
    const second = Math.floor(Date.now() / 1_000);
    if (connection.second.at !== second) connection.second = { at: second, messages: 0 };
    if (++connection.second.messages > MESSAGES_PER_SECOND) {
      connection.ws.close(1008, 'Too many requests');
      return;
    }
    const reply = answer(connection, isBinary ? '' : String(data), {
      subscribe: (stream) => this.#subscribe(connection, stream),
      unsubscribe: (stream) => this.#unsubscribe(connection, stream),
    });
    connection.ws.send(JSON.stringify(reply));
  }

  #subscribe(connection: Connection, stream: string): void {
    connection.streams.add(stream);
    const subscribers = this.#subscribers.get(stream) ?? new Set();
    this.#subscribers.set(stream, subscribers.add(connection));
  }

  #unsubscribe(connection: Connection, stream: string): void {
    connection.streams.delete(stream);
    const subscribers = this.#subscribers.get(stream);
    subscribers?.delete(connection);
    if (!subscribers?.size) this.#subscribers.delete(stream);
  }

  #forget(connection: Connection): void {
    this.#connections.delete(connection);
    for (const stream of connection.streams) this.#unsubscribe(connection, stream);
  }

  #push({ ws }: Connection, frame: Buffer): void {
    if (ws.readyState !== WebSocket.OPEN) return;
    if (ws.bufferedAmount <= UNREAD_BYTES) {
      ws.send(frame, { binary: false });
      return;
    }
    this.#log.warn({ unread: ws.bufferedAmount }, 'client reads too slowly, cut');
    ws.terminate();
  }

  #pingAll(): void {
    if (this.#isStalled()) return;
    const at = Date.now();
    for (const { ws, pongAt } of this.#connections) {
      if (at - pongAt > PONG_WITHIN_MS) ws.terminate();
      else ws.ping(String(at));
    }
  }
}
