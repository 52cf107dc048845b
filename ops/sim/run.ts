import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { now } from '../../shared/clock.ts';
import { UserError } from '../../shared/errors.ts';
import { Faults } from './faults.ts';
import { STEP_MS } from './market.ts';
import { publish } from './publish.ts';
import { createSimServer } from './server.ts';
import { Streams } from './streams.ts';
import { SimVenue, type VenueOptions } from './venue.ts';

export interface RunningSim {
  /** `http://127.0.0.1:3901` */
  url: string;
  venue: SimVenue;
  close(): Promise<void>;
}

/**
 * Brings the venue up to the present, listens, and moves it in real time until closed.
 * @throws {UserError} when the port is taken or the ledger cannot be written
 */
export async function runSim(options: VenueOptions & { host: string; port: number }): Promise<RunningSim> {
  const { log, host, port } = options;
  const venue = new SimVenue(options, now());
  const faults = new Faults();
  const streams = new Streams(log, () => faults.isStalled(now()));
  const advance = () => venue.advance(now(), (moved) => publish(streams, faults, moved));
  const server = createSimServer({ venue, streams, faults, log, bringUp: () => bringUp(advance) });
  try {
    await once(server.listen(port, host), 'listening');
  } catch (error) {
    streams.close();
    venue.close();
    throw listenError(error, host, port);
  }
  const stop = new AbortController();
  const moving = move(advance, stop.signal);
  const { port: actual } = server.address() as AddressInfo;
  return {
    url: `http://${host === '0.0.0.0' ? '127.0.0.1' : host}:${actual}`,
    venue,
    async close() {
      stop.abort();
      await moving;
      streams.close();
      server.close();
      server.closeAllConnections();
      venue.close();
    },
  };
}

/** Wakes at every step of the wall clock: late wakes catch up, so nothing drifts. */
async function move(advance: () => boolean, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const pause = advance() ? 0 : STEP_MS - (now() % STEP_MS);
    await wait(pause, undefined, { signal }).catch(() => {});
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
