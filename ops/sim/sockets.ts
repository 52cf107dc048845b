import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type RawData, WebSocket, WebSocketServer } from 'ws';
import { now } from '../../shared/clock.ts';
import type { Log } from '../../shared/log.ts';
import { type Desk, Tally } from './desk.ts';
import type { FaultOrders } from './faults.ts';
import type { Frame, Session } from './session.ts';
import type { Moved } from './venue.ts';

const BEAT_MS = 1_000;
/** A client that leaves so much unread is cut, as an exchange would. */
const UNREAD_BYTES = 16 * 2 ** 20;
const LARGEST_MESSAGE = 64 * 2 ** 10;

interface Connection {
  desk: Desk;
  session: Session;
  ws: WebSocket;
  socket: Socket;
  pingAt: number;
  pongAt: number;
  messages: Tally;
  frozen: boolean;
  /** The last frames that it was told: patterns for malformed ones. */
  recent: Frame[];
}

/** The WebSocket side of all desks: connections, their limits, and what the faults do to them. */
export class Sockets {
  readonly #server = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: LARGEST_MESSAGE,
  });
  readonly #connections = new Set<Connection>();
  readonly #connects = new Map<Desk, Tally>();
  readonly #beat: NodeJS.Timeout;
  readonly #log: Log;

  constructor(log: Log) {
    this.#log = log;
    this.#beat = setInterval(() => this.#beatAll(), BEAT_MS);
  }

  /** Open sockets that are told anything. */
  clients(desk?: Desk): number {
    const counted = ({ desk: of, frozen }: Connection) => !frozen && (!desk || of === desk);
    return [...this.#connections].filter(counted).length;
  }

  /** Takes an HTTP upgrade over; an unknown path is answered 404, a connection too many 429. */
  upgrade(desk: Desk, path: string, request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const at = now();
    const address = request.socket.remoteAddress ?? '';
    const query = new URL(request.url ?? '/', 'http://sim').searchParams;
    const session = desk.connect({ path, query });
    if (desk.faults.isDown(at)) (socket as Socket).resetAndDestroy();
    else if (!session) refuse(socket, '404 Not Found');
    else if (this.#isOneTooMany(desk, address, at)) {
      refuse(socket, '429 Too Many Requests', 'Retry-After: 10\r\n');
    } else {
      this.#server.handleUpgrade(request, socket, head, (ws) =>
        this.#accept(desk, session, ws, socket as Socket),
      );
    }
  }

  /** Sends what happened to whoever has subscribed, in the order it happened; one write a socket. */
  publish(moved: readonly Moved[]): void {
    for (const connection of this.#connections) {
      connection.session.corruptEvery = connection.desk.faults.corruptEvery;
      connection.socket.cork();
      for (const [market, step] of moved) {
        const told = connection.session.tell(market, step);
        const frames = connection.desk.isListed(market) ? told : [];
        if (frames.length > 0) connection.recent = frames;
        this.#send(connection, frames);
      }
      connection.socket.uncork();
    }
  }

  /** Does at once what is not a matter of single frames. */
  obey(desk: Desk, orders: FaultOrders, at: number): void {
    for (const connection of this.#connections) {
      if (connection.desk !== desk) continue;
      const { session, socket } = connection;
      if (orders.announceShutdown) this.#send(connection, session.shutdown(at));
      if (orders.quirk) this.#send(connection, session.quirk(orders.quirk, at));
      if (orders.malformed) this.#sendMalformed(connection, orders.malformed);
      if (orders.freeze) connection.frozen = true;
      if (orders.cut || orders.outageMs) socket.resetAndDestroy();
    }
  }

  close(): void {
    clearInterval(this.#beat);
    for (const { ws } of this.#connections) ws.close(1001);
    this.#server.close();
  }

  #isOneTooMany(desk: Desk, address: string, at: number): boolean {
    const { count, perMs } = desk.dialect.limits.connects;
    const connects = this.#connects.get(desk) ?? new Tally(perMs);
    this.#connects.set(desk, connects);
    const isTooMany = connects.use(address, 1, at) > count;
    if (isTooMany) desk.breaches.connects++;
    return isTooMany;
  }

  #accept(desk: Desk, session: Session, ws: WebSocket, socket: Socket): void {
    const at = now();
    const messages = new Tally(desk.dialect.limits.messages.perMs);
    const connection: Connection = {
      ...{ desk, session, ws, socket, messages, pingAt: at, pongAt: at, frozen: false, recent: [] },
    };
    this.#connections.add(connection);
    ws.on('message', (data, isBinary) => this.#onMessage(connection, data, isBinary));
    ws.on('pong', () => {
      connection.pongAt = now();
    });
    ws.on('error', (error) => this.#log.debug({ reason: error.message }, 'client error'));
    ws.on('close', () => this.#connections.delete(connection));
    this.#send(connection, session.open(at));
  }

  #onMessage(connection: Connection, data: RawData, isBinary: boolean): void {
    const { desk, session, ws, messages } = connection;
    const at = now();
    if (messages.use('', 1, at) > desk.dialect.limits.messages.count) {
      desk.breaches.messages++;
      ws.close(1008, 'Too many requests');
      return;
    }
    this.#send(connection, session.hear(isBinary ? '' : String(data), at));
    if (session.cut) ws.close(session.cut.code, session.cut.reason);
  }

  #send(connection: Connection, frames: Frame[]): void {
    const { desk, frozen } = connection;
    if (frames.length === 0 || frozen || desk.faults.isStalled(now())) return;
    for (const { text } of desk.faults.bend(connection, frames)) this.#push(connection, text);
  }

  #sendMalformed(connection: Connection, count: number): void {
    const frames = connection.desk.faults.malformed(count, connection.recent);
    for (const text of frames) this.#push(connection, text);
  }

  #push({ ws }: Connection, text: string): void {
    if (ws.readyState !== WebSocket.OPEN) return;
    if (ws.bufferedAmount <= UNREAD_BYTES) {
      ws.send(text, { binary: false });
      return;
    }
    this.#log.warn({ unread: ws.bufferedAmount }, 'client reads too slowly, cut');
    ws.terminate();
  }

  #beatAll(): void {
    const at = now();
    for (const connection of this.#connections) {
      const { desk, session, ws, frozen, pongAt, pingAt } = connection;
      if (frozen || desk.faults.isStalled(at)) continue;
      this.#send(connection, session.heartbeat(at));
      const { pings } = desk.dialect.limits;
      if (!pings) continue;
      if (at - pongAt > pings.answerWithinMs && pingAt > pongAt) ws.terminate();
      else if (at - pingAt >= pings.everyMs) {
        connection.pingAt = at;
        ws.ping(String(at));
      }
    }
  }
}

function refuse(socket: Duplex, status: string, header = ''): void {
  socket.end(`HTTP/1.1 ${status}\r\n${header}Connection: close\r\nContent-Length: 0\r\n\r\n`);
}
