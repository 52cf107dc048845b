import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Redis } from 'ioredis';
import { type WebSocket, WebSocketServer } from 'ws';
import { now } from '../../shared/clock.ts';
import { messageOf } from '../../shared/errors.ts';
import type { Releasers } from '../../shared/lifecycle.ts';
import { listProcesses, type ProcessStatus } from '../../shared/queue/heartbeat.ts';
import { type LiveMessage, subscribeLive } from '../../shared/queue/live.ts';
import { authenticate } from '../auth/authenticate.ts';
import type { ApiDeps } from '../deps.ts';
import { withDeadline } from '../http/deadline.ts';
import { toProblem } from '../http/problem.ts';
import { isSameOrigin } from '../http/same-origin.ts';
import { listQueueDepths, type QueueDepth } from '../status/queue-depths.ts';

const PATHS = new Set(['/live', '/api/v1/live']);
const STATUS_MS = 2_000;
const CHECK_MS = 15_000;
const MAX_PAYLOAD = 64 * 1024;
const MAX_BUFFERED = 1024 * 1024;
const MAX_CLIENTS = 500;

interface Status {
  type: 'status';
  at: number;
  processes: ProcessStatus[];
  queues: QueueDepth[];
}

export type StreamMessage = LiveMessage | Status;

/**
 * The live stream: `ws://host:port/live` sends arrays of `StreamMessage`: what is published, and a status at once and
 * every two seconds. It takes a login at the upgrade and no messages from the client.
 * A client that reads too slowly is dropped: it comes back and reads the record.
 */
export async function serveLive(
  server: Server,
  subscriber: Redis,
  deps: ApiDeps,
  releasers: Releasers,
): Promise<void> {
  const sockets = new WebSocketServer({ noServer: true, maxPayload: MAX_PAYLOAD, perMessageDeflate: false });
  releasers.push('live sockets', () => {
    for (const client of sockets.clients) client.close(1001, 'the server is stopping');
    setTimeout(() => {
      for (const client of sockets.clients) client.terminate();
    }, 500).unref();
  });

  server.on('upgrade', (request, socket, head) => {
    socket.on('error', () => socket.destroy());
    admit(request, deps, sockets)
      .then((refusal) => {
        if (refusal) return refuse(socket, refusal);
        sockets.handleUpgrade(request, socket, head, (client) => watch(client, request, deps));
      })
      .catch((error) => refuse(socket, toProblem(error)?.status ?? 500));
  });

  const send = (messages: StreamMessage[]) => broadcast(sockets, JSON.stringify(messages));
  void subscribeLive(subscriber, deps.config.NAMESPACE, send).catch((error) =>
    deps.log.warn({ reason: messageOf(error) }, 'no live stream'),
  );
  const status = setInterval(() => {
    if (sockets.clients.size > 0) void tellStatus(deps, (message) => send([message]));
  }, STATUS_MS);
  releasers.push('live status', () => clearInterval(status));
}

/** The HTTP status to refuse with; undefined when the client may come in. */
async function admit(
  request: IncomingMessage,
  deps: ApiDeps,
  sockets: WebSocketServer,
): Promise<number | undefined> {
  if (!PATHS.has(request.url?.split('?')[0] ?? '')) return 404;
  if (!(await withDeadline(() => authenticate(deps, request)))) return 401;
  if (!isSameOrigin(request)) return 403;
  return sockets.clients.size >= MAX_CLIENTS ? 503 : undefined;
}

function refuse(socket: Duplex, status: number): void {
  socket.end(`HTTP/1.1 ${status} Refused\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

/** Keeps one client honest: it must answer pings, stay silent and keep a session that stands. */
function watch(client: WebSocket, request: IncomingMessage, deps: ApiDeps): void {
  let answered = true;
  const check = setInterval(async () => {
    if (!answered) return client.terminate();
    answered = false;
    client.ping();
    const session = await authenticate(deps, request).catch(() => 'unknown');
    if (!session) client.close(4401, 'the session has ended');
  }, CHECK_MS);
  client.on('pong', () => {
    answered = true;
  });
  client.on('message', () => client.close(1008, 'this stream takes no messages'));
  client.on('error', () => client.terminate());
  client.on('close', () => clearInterval(check));
  void tellStatus(deps, (message) => {
    if (client.readyState === client.OPEN) client.send(JSON.stringify([message]));
  });
}

function broadcast(sockets: WebSocketServer, text: string): void {
  for (const client of sockets.clients) {
    if (client.readyState !== client.OPEN) continue;
    if (client.bufferedAmount > MAX_BUFFERED) client.terminate();
    else client.send(text);
  }
}

/** While Redis is away there is no status to tell: the page says so by itself when the stream stays silent. */
async function tellStatus(
  { redis, queues, config, log }: ApiDeps,
  tell: (status: Status) => void,
): Promise<void> {
  try {
    const [processes, depths] = await withDeadline(() =>
      Promise.all([listProcesses(redis, config.NAMESPACE), listQueueDepths(queues)]),
    );
    tell({ type: 'status', at: now(), processes, queues: depths });
  } catch (error) {
    log.debug({ reason: messageOf(error) }, 'no status for the live stream');
  }
}
