import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { json } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { messageOf } from '../../shared/errors.ts';
import type { Log } from '../../shared/log.ts';
import { WEIGHT_PER_MINUTE } from './exchange-info.ts';
import { type Faults, faultOrders } from './faults.ts';
import { marketOf, ROUTES, wholeOf } from './rest.ts';
import { RestError } from './rest-error.ts';
import type { Streams } from './streams.ts';
import type { SimVenue } from './venue.ts';

export interface ServerParts {
  venue: SimVenue;
  streams: Streams;
  faults: Faults;
  log: Log;
  /** Moves the venue to the present, and tells it: UTC ms. */
  bringUp: () => number;
}

/**
 * The one HTTP port: Binance's REST and WebSocket paths, and beside them
 * `GET /sim/status`, `GET /sim/ledger?symbol=&fromId=&toId=` (the ledger's own lines as NDJSON, both ids inclusive
 * and optional) and `POST /sim/control` (see `faults.ts`; loopback only).
 */
export function serve(server: Server, parts: ServerParts): void {
  const weights = new Weights();
  server.on('request', (request, response) => {
    handle(parts, weights, request, response).catch((error: unknown) => {
      if (!(error instanceof RestError)) parts.log.error({ err: error, path: request.url }, 'request failed');
      const { status, code } = error instanceof RestError ? error : { status: 500, code: -1000 };
      if (response.headersSent) response.destroy();
      else reply(response, status, { code, msg: messageOf(error) });
    });
  });
  server.on('upgrade', (request, socket, head) => parts.streams.upgrade(request, socket, head));
}

async function handle(
  parts: ServerParts,
  weights: Weights,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://sim');
  const route = Object.hasOwn(ROUTES, pathname) ? ROUTES[pathname] : undefined;
  const at = parts.bringUp();
  if (route && request.method === 'GET') {
    const used = weights.use(request.socket.remoteAddress ?? '', route.weight(searchParams), at);
    response.setHeader('X-MBX-USED-WEIGHT', used).setHeader('X-MBX-USED-WEIGHT-1M', used);
    refuseOverweight(parts.faults, used, at, response);
    reply(response, 200, route.answer(parts.venue, searchParams, at));
  } else if (pathname === '/sim/status') reply(response, 200, status(parts, at));
  else if (pathname === '/sim/ledger') await sendLedger(parts.venue, searchParams, response);
  else if (pathname === '/sim/control' && request.method === 'POST') {
    reply(response, 200, await control(parts, request, at));
  } else reply(response, 404, { code: -1000, msg: `No such path: ${request.method} ${pathname}` });
}

function status({ venue, streams, faults }: ServerParts, at: number) {
  const markets = [...venue.markets].map(([id, { listing, tape, book, ts }]) => [
    id,
    {
      symbol: listing.symbol,
      ts,
      firstId: tape.firstId,
      lastId: tape.nextId - 1,
      updateId: book.updateId,
      levels: [book.levels('buy').length, book.levels('sell').length],
    },
  ]);
  return {
    simulated: true,
    now: at,
    seed: venue.seed,
    eventsPerSecond: venue.eventsPerSecond,
    clients: streams.clients,
    ledger: venue.ledger.size,
    faults: faults.describe(),
    markets: Object.fromEntries(markets),
  };
}

async function sendLedger(venue: SimVenue, query: URLSearchParams, response: ServerResponse): Promise<void> {
  const { listing } = marketOf(venue, query);
  const fromId = wholeOf(query, 'fromId') ?? 0;
  const toId = wholeOf(query, 'toId') ?? Number.MAX_SAFE_INTEGER;
  response.setHeader('Content-Type', 'application/x-ndjson');
  await pipeline(Readable.from(venue.ledger.read(listing.id, fromId, toId)), response);
}

async function control({ faults, streams }: ServerParts, request: IncomingMessage, at: number) {
  if (!/^(::ffff:)?127\.|^::1$/.test(request.socket.remoteAddress ?? '')) {
    throw new RestError(-1002, 'You are not authorized to execute this request.', 403);
  }
  const parsed = faultOrders.safeParse(await json(request).catch(() => undefined));
  if (!parsed.success)
    throw new RestError(
      -1102,
      parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; '),
    );
  if (parsed.data.announceShutdown) streams.announce('!serverShutdown', `{"e":"serverShutdown","E":${at}}`);
  if (parsed.data.cut) streams.cut();
  faults.set(parsed.data, at);
  return faults.describe();
}

function refuseOverweight(faults: Faults, used: number, at: number, response: ServerResponse): void {
  if (!faults.weightLimit || used <= faults.weightLimit) return;
  response.setHeader('Retry-After', Math.ceil((60_000 - (at % 60_000)) / 1_000));
  const limit = Math.min(faults.weightLimit, WEIGHT_PER_MINUTE);
  throw new RestError(
    -1003,
    `Too much request weight used; current limit is ${limit} request weight per 1 MINUTE.`,
    429,
  );
}

function reply(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'Content-Type': 'application/json;charset=UTF-8' }).end(JSON.stringify(body));
}

/** Request weight used by each address in the current minute. */
class Weights {
  #minute = 0;
  #used = new Map<string, number>();

  use(address: string, weight: number, at: number): number {
    const minute = Math.floor(at / 60_000);
    if (minute !== this.#minute) {
      this.#minute = minute;
      this.#used.clear();
    }
    const used = (this.#used.get(address) ?? 0) + weight;
    this.#used.set(address, used);
    return used;
  }
}
