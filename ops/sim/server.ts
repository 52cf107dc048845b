import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { json } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { sleep } from '../../shared/clock.ts';
import { messageOf } from '../../shared/errors.ts';
import type { Log } from '../../shared/log.ts';
import { type Desk, Tally } from './desk.ts';
import { faultOrders } from './faults.ts';
import { binanceError, RestError } from './rest-error.ts';
import type { Sockets } from './sockets.ts';
import type { SimVenue } from './venue.ts';

export interface ServerParts {
  venue: SimVenue;
  /** The simulated exchange's own desk last: it has every path that no other has. */
  desks: readonly Desk[];
  sockets: Sockets;
  log: Log;
  /** Moves the venue to the present, and tells it: UTC ms. */
  bringUp: () => number;
}

/**
 * The one HTTP port: each desk's REST and WebSocket paths below `/<venue>/<market>`, and beside them
 * `GET /sim/status`, `GET /sim/ledger?symbol=&fromId=&toId=` (the ledger's own lines as NDJSON, both ids inclusive
 * and optional) and `POST /sim/control` (see `faults.ts`; loopback only).
 */
export function serve(server: Server, parts: ServerParts): void {
  const weights = new Map(parts.desks.map((desk) => [desk, new Tally(desk.dialect.limits.weight.perMs)]));
  server.on('request', (request, response) => {
    handle(parts, weights, request, response).catch((error: unknown) => {
      if (!(error instanceof RestError)) parts.log.error({ err: error, path: request.url }, 'request failed');
      const { status, body } =
        error instanceof RestError ? error : { status: 500, body: { code: -1000, msg: messageOf(error) } };
      if (response.headersSent) response.destroy();
      else reply(response, status, body);
    });
  });
  server.on('upgrade', (request, socket, head) => {
    const [desk, path] = deskOf(parts.desks, pathOf(request));
    parts.sockets.upgrade(desk, path, request, socket, head);
  });
}

async function handle(
  parts: ServerParts,
  weights: Map<Desk, Tally>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const pathname = pathOf(request);
  const query = new URL(request.url ?? '/', 'http://sim').searchParams;
  const at = parts.bringUp();
  if (pathname === '/sim/status') return reply(response, 200, status(parts, at));
  if (pathname === '/sim/ledger') return sendLedger(parts.venue, query, response);
  if (pathname === '/sim/control' && request.method === 'POST') {
    return reply(response, 200, await control(parts, request, at));
  }
  const [desk, path] = deskOf(parts.desks, pathname);
  if (desk.faults.isDown(at)) return void request.socket.resetAndDestroy();
  const found = desk.route(request.method ?? 'GET', path);
  if (!found) throw binanceError(-1000, `No such path: ${request.method} ${pathname}`, 404);
  const { route, params } = found;
  const used = weights
    .get(desk)
    ?.use(request.socket.remoteAddress ?? '', route.weight?.(query) ?? 1, at) as number;
  response.setHeader('X-MBX-USED-WEIGHT', used).setHeader('X-MBX-USED-WEIGHT-1M', used);
  refuseOverweight(desk, used, at, response);
  if (desk.faults.slowRestMs) await sleep(desk.faults.slowRestMs);
  const base = `${request.headers.host}${desk.prefix}`;
  reply(response, 200, route.answer({ query, params, at, base, find: desk.find, markets: desk.markets }));
}

function deskOf(desks: readonly Desk[], pathname: string): [Desk, string] {
  for (const desk of desks) {
    const path = desk.below(pathname);
    if (path !== undefined) return [desk, path];
  }
  throw new Error('the last desk has every path');
}

const pathOf = (request: IncomingMessage) => new URL(request.url ?? '/', 'http://sim').pathname;

function status({ venue, desks, sockets }: ServerParts, at: number) {
  const markets = [...venue.markets].map(([id, { listing, tape, book, ts }]) => [
    id,
    {
      symbol: listing.symbol,
      ts,
      firstId: tape.firstId,
      lastId: tape.nextId - 1,
      updateId: book.updateId,
      levels: [book.size('buy'), book.size('sell')],
    },
  ]);
  const served = desks.map((desk) => [
    `${desk.dialect.venue}:${desk.dialect.market}`,
    { clients: sockets.clients(desk), breaches: desk.breaches, faults: desk.faults.describe() },
  ]);
  return {
    simulated: true,
    now: at,
    seed: venue.seed,
    eventsPerSecond: venue.eventsPerSecond,
    clients: sockets.clients(),
    ledger: venue.ledger.size,
    desks: Object.fromEntries(served),
    markets: Object.fromEntries(markets),
  };
}

/** `symbol` is the engine's own name: `BTCUSDT`, `BTCUSDT:USDT`. */
async function sendLedger(venue: SimVenue, query: URLSearchParams, response: ServerResponse): Promise<void> {
  const market = venue.markets.get(query.get('symbol') ?? '');
  if (!market) throw binanceError(-1121, 'Invalid symbol.');
  const idOf = (name: string, fallback: number) => Number(query.get(name) ?? fallback);
  const [fromId, toId] = [idOf('fromId', 0), idOf('toId', Number.MAX_SAFE_INTEGER)];
  response.setHeader('Content-Type', 'application/x-ndjson');
  await pipeline(Readable.from(venue.ledger.read(market.listing.id, fromId, toId)), response);
}

async function control({ desks, sockets, venue }: ServerParts, request: IncomingMessage, at: number) {
  if (!/^(::ffff:)?127\.|^::1$/.test(request.socket.remoteAddress ?? '')) {
    throw binanceError(-1002, 'You are not authorized to execute this request.', 403);
  }
  const parsed = faultOrders.safeParse(await json(request).catch(() => undefined));
  if (!parsed.success)
    throw binanceError(
      -1102,
      parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; '),
    );
  const orders = parsed.data;
  const meant = desks.filter((desk) => desk.isMeant(orders.venue));
  if (meant.length === 0) throw binanceError(-1121, `No such venue: ${orders.venue}`);
  if (orders.burst) venue.burst(orders.burst.factor, at + orders.burst.ms);
  for (const desk of meant) {
    desk.faults.set(orders, at);
    if (orders.delist) desk.list(orders.delist, false);
    if (orders.relist) desk.list(orders.relist, true);
    sockets.obey(desk, orders, at);
  }
  return meant.map((desk) => desk.faults.describe());
}

/** The simulated exchange's own desk has no limit but the one that is ordered. */
function refuseOverweight(desk: Desk, used: number, at: number, response: ServerResponse): void {
  const { count, perMs, status: usual } = desk.dialect.limits.weight;
  const limit = desk.faults.weightLimit || (desk.prefix ? count : Number.POSITIVE_INFINITY);
  if (used <= limit) return;
  desk.breaches.weight++;
  response.setHeader('Retry-After', Math.ceil((perMs - (at % perMs)) / 1_000));
  const code = desk.faults.refusal || usual;
  throw binanceError(
    -1003,
    `Too many requests; current limit is ${limit} request weight per ${perMs / 1_000} SECONDS.`,
    code,
  );
}

function reply(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'Content-Type': 'application/json;charset=UTF-8' }).end(JSON.stringify(body));
}
