import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setImmediate as nextTurn, setTimeout as wait } from 'node:timers/promises';
import { createRound, FIRST_ID, frameHeader, stampRound } from './wire.ts';

/** What the bench tells the generator. Without a rate it sends as fast as the socket takes. */
export type GeneratorOrder = { start: { eventsPerSecond?: number } } | { stop: true };

/** What the generator tells the bench. */
export type GeneratorNews =
  | { port: number }
  | { subscribed: true }
  /** Every symbol got the ids `FIRST_ID` … `lastId`; `sent` is one `[lastId, UTC ms]` a write. */
  | { stopped: { lastId: number; sent: [lastId: number, at: number][] } };

/** Turns of all symbols in one write: large when flat out, one tick's worth at a rate. */
const TURNS_FLAT_OUT = 64;
const TICK_MS = 2;

/** A process of its own: `node generator.js BTCUSDT,ETHUSDT`, forked with a message channel. */
async function run(wireSymbols: string[]): Promise<void> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  let client: Socket | undefined;
  server.on('upgrade', (request, socket: Socket) => {
    socket.setNoDelay(true);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => process.exit());
    socket.write(handshake(request.headers['sec-websocket-key'] ?? ''));
    socket.once('data', () => {
      const answer = '{"result":null,"id":1}';
      socket.write(Buffer.concat([frameHeader(answer.length), Buffer.from(answer)]));
      client = socket;
      tell({ subscribed: true });
    });
    socket.resume();
  });
  let stopped = false;
  process.on('disconnect', () => process.exit());
  process.on('message', (order: GeneratorOrder) => {
    if ('stop' in order) stopped = true;
    else if (client) {
      const isStopped = () => stopped;
      void send(client, wireSymbols, order.start.eventsPerSecond, isStopped).then((news) =>
        tell({ stopped: news }),
      );
    }
  });
  tell({ port: (server.address() as AddressInfo).port });
}

async function send(
  socket: Socket,
  wireSymbols: readonly string[],
  eventsPerSecond: number | undefined,
  isStopped: () => boolean,
) {
  const symbols = wireSymbols.length;
  const sent: [number, number][] = [];
  const startedAt = preciseNow();
  const round = createRound(wireSymbols, eventsPerSecond ? 1 : TURNS_FLAT_OUT);
  const turns = round.events / symbols;
  let lastId = FIRST_ID - 1;
  while (!isStopped()) {
    const behind = eventsPerSecond
      ? ((preciseNow() - startedAt) * eventsPerSecond) / 1000 / symbols - (lastId - FIRST_ID + 1)
      : turns;
    const at = preciseNow();
    let room = true;
    for (let due = behind; due >= turns; due -= turns) {
      room = socket.write(stampRound(round, symbols, lastId + 1, Math.floor(at)));
      lastId += turns;
    }
    if (behind >= turns) sent.push([lastId, at]);
    if (!room) await once(socket, 'drain');
    else if (eventsPerSecond) await wait(TICK_MS);
    else await nextTurn();
  }
  return { lastId, sent };
}

/** UTC ms with fractions; the same clock in every process of this machine. */
export const preciseNow = (): number => performance.timeOrigin + performance.now();

const tell = (news: GeneratorNews) => process.send?.(news);

/** https://datatracker.ietf.org/doc/html/rfc6455#section-4.2.2 */
function handshake(key: string): string {
  const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
  return `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`;
}

if (process.argv[1] === import.meta.filename) await run((process.argv[2] ?? '').split(','));
