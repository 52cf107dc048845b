import { existsSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Config } from '../../shared/config.ts';
import { messageOf, UserError } from '../../shared/errors.ts';
import { chooseIntervals } from '../../shared/exchanges/intervals.ts';
import { findVenue, VENUE_NAMES } from '../../shared/exchanges/venues.ts';
import { freePort } from '../services/service.ts';

/** @throws {UserError} naming the venue that we have no adapter for, or the interval that a venue does not offer */
export function checkExchanges({ SUPPORTED_EXCHANGES, INTERVALS }: Config): void {
  const unknown = SUPPORTED_EXCHANGES.find((name) => !VENUE_NAMES.includes(name));
  if (unknown === undefined) {
    for (const name of SUPPORTED_EXCHANGES) chooseIntervals(findVenue(name), INTERVALS);
    return;
  }
  throw new UserError(
    `SUPPORTED_EXCHANGES=${SUPPORTED_EXCHANGES} names ${unknown}, which is not supported: choose from ${VENUE_NAMES.join(', ')}`,
  );
}

/**
 * Makes the home and proves that it can be written to. Root's home may be entered, but not listed, by the user that
 * PostgreSQL runs as; what is secret in it is closed by itself.
 * @throws {UserError} naming `MILLRACE_HOME`
 */
export function checkHome({ MILLRACE_HOME: home }: Config): void {
  const probe = join(home, `.probe-${process.pid}`);
  try {
    makeFolder(home);
    // Root may write anywhere: a folder that its owner made read-only is still meant to stay as it is.
    if ((statSync(home).mode & 0o200) === 0) throw new Error('its owner made it read-only');
    writeFileSync(probe, '');
    rmSync(probe);
  } catch (error) {
    throw new UserError(
      `MILLRACE_HOME=${home} is not a folder that can be written to (${messageOf(error)}): mend its rights or choose another folder`,
    );
  }
}

/** One level at a time: Node's own recursive form never returns below a folder such as /proc. */
function makeFolder(folder: string): void {
  if (existsSync(folder)) return;
  makeFolder(dirname(folder));
  mkdirSync(folder, { mode: process.getuid?.() === 0 ? 0o711 : 0o700 });
}

/** @throws {UserError} naming `PORT` or `HOST` when the api could not listen */
export async function checkPort({ HOST, PORT }: Config): Promise<void> {
  try {
    await freePort(PORT, HOST);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EADDRINUSE') {
      throw new UserError(
        `PORT=${PORT} is in use on ${HOST}: stop what listens there or choose another, such as PORT=${PORT + 1}`,
      );
    }
    if (code === 'EACCES')
      throw new UserError(`PORT=${PORT} may not be opened by this user: choose one above 1023`);
    throw new UserError(
      `HOST=${HOST} is no address of this machine (${messageOf(error)}): try HOST=127.0.0.1`,
    );
  }
}
