import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { monotonic, now, sleep } from '../../shared/clock.ts';
import { UserError } from '../../shared/errors.ts';
import { Releasers } from '../../shared/lifecycle.ts';
import { takeHomeLock } from '../up/home-lock.ts';
import { openDesks } from './dialects/index.ts';
import { unwritable } from './ledger.ts';
import { STEP_MS } from './market.ts';
import { serve } from './server.ts';
import { Sockets } from './sockets.ts';
import { SimVenue, type VenueOptions } from './venue.ts';

/** Longer than any poller's pause: Node's 5 s cut an idle socket just as the next request comes in. */
const KEEP_ALIVE_MS = 65_000;

export interface SimOptions extends VenueOptions {
  host: string;
  /** 0 for any. */
  port: number;
  /** How long to wait for a predecessor to let go of the ledger. */
  lockPatienceMs?: number;
}

export interface RunningSim {
  /** `http://127.0.0.1:3901` */
  url: string;
  venue: SimVenue;
  close(): Promise<void>;
}

/**
 * Listens, brings the venue up to the present, and moves it in real time until closed. One venue a ledger: nothing
 * is written before the folder's lock and the port are ours.
 * @throws {UserError} when the port is taken, the ledger cannot be written, or another process is at it
 */
export async function runSim(options: SimOptions): Promise<RunningSim> {
  const { log, host, port, folder } = options;
  const releasers = new Releasers(log);
  try {
    releasers.push('ledger lock', await lockLedger(folder, options.lockPatienceMs));
    const server = await listen(host, port);
    releasers.push('port', () => closeServer(server));
    const venue = new SimVenue(options, now());
    releasers.push('ledger', () => venue.close());
    // Once more, before the ledger closes: a late request would move the venue on.
    releasers.push('requests', () => closeServer(server));
    const sockets = new Sockets(log);
    releasers.push('sockets', () => sockets.close());
    const advance = () => venue.advance(now(), (moved) => sockets.publish(moved));
    const desks = openDesks([...venue.markets.values()]);
    serve(server, { venue, desks, sockets, log, bringUp: () => bringUp(advance) });
    const stop = new AbortController();
    const moving = move(advance, stop.signal);
    releasers.push('clock', () => {
      stop.abort();
      return moving;
    });
    const { port: actual } = server.address() as AddressInfo;
    const reachable = host === '0.0.0.0' ? '127.0.0.1' : host;
    return { url: `http://${reachable}:${actual}`, venue, close: () => releasers.close() };
  } catch (error) {
    await releasers.close();
    throw error;
  }
}

/** A predecessor that was killed or drains holds its lock a moment longer, as a zombie does until it is reaped. */
async function lockLedger(folder: string, patienceMs = 5_000): Promise<() => void> {
  const deadline = monotonic() + patienceMs;
  for (;;) {
    try {
      mkdirSync(folder, { recursive: true });
      return takeHomeLock(folder);
    } catch (error) {
      if (!(error instanceof UserError)) throw unwritable(folder, error);
      if (monotonic() >= deadline) throw new UserError(`the simulated exchange is ${error.message}`);
    }
    await sleep(100);
  }
}

async function listen(host: string, port: number): Promise<Server> {
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS });
  try {
    await once(server.listen(port, host), 'listening');
    return server;
  } catch (error) {
    throw listenError(error, host, port);
  }
}

function closeServer(server: Server): void {
  server.close();
  server.closeAllConnections();
}

/** Wakes at every step of the wall clock: late wakes catch up, so nothing drifts. */
async function move(advance: () => boolean, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const pause = advance() ? 0 : STEP_MS - (now() % STEP_MS);
    await sleep(pause, signal);
  }
}

/** REST never answers from a past that the clock has left behind: a candle whose end has come is complete. */
function bringUp(advance: () => boolean): number {
  while (advance());
  return now();
}

function listenError(error: unknown, host: string, port: number): unknown {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'EADDRINUSE') {
    return new UserError(
      `port ${port} of ${host} is in use: give the simulated exchange another with --port or SIM_URL`,
    );
  }
  if (code === 'EACCES' || code === 'EADDRNOTAVAIL') {
    return new UserError(
      `cannot listen on ${host}:${port} (${code}): set --port or SIM_URL to one that is ours`,
    );
  }
  return error;
}
