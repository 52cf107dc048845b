import { existsSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Config } from '../../shared/config.ts';
import { describeKinds, kindOf } from '../../shared/domain/symbols.ts';
import { messageOf, UserError } from '../../shared/errors.ts';
import { loadCcxtVenue } from '../../shared/exchanges/ccxt/exchange.ts';
import { type Entry, readEntry, symbolsOf, watchedMarkets } from '../../shared/exchanges/entries.ts';
import { chooseIntervals } from '../../shared/exchanges/intervals.ts';
import { findVenue } from '../../shared/exchanges/venues.ts';
import { freePort } from '../services/service.ts';

/**
 * Returns what is no mistake but may be an oversight, a sentence each: exchanges without a symbol, symbols without an
 * exchange.
 * @throws {UserError} naming the exchange that does not exist, or the interval that one does not offer
 */
export async function checkExchanges(config: Config): Promise<string[]> {
  const { SUPPORTED_EXCHANGES, SYMBOLS } = config;
  const entries = await Promise.all(SUPPORTED_EXCHANGES.map((text) => checkEntry(text, config)));
  const taken = new Set(watchedMarkets(config).map(({ symbol }) => symbol));
  return [
    ...entries
      .filter((entry) => symbolsOf(entry, SYMBOLS).length === 0)
      .map(({ name, takes }) => `SYMBOLS has nothing for ${name}: it takes ${describeKinds(takes)}`),
    ...SYMBOLS.filter((symbol) => !taken.has(symbol)).map(
      (symbol) =>
        `nobody records ${symbol}: no exchange of SUPPORTED_EXCHANGES takes ${kindOf(symbol) ?? 'such'} symbols`,
    ),
  ];
}

async function checkEntry(text: string, config: Config): Promise<Entry> {
  const { SUPPORTED_EXCHANGES, INTERVALS, REHEARSAL, SIM_URL } = config;
  try {
    const entry = readEntry(text);
    const facts = entry.ccxtId
      ? await loadCcxtVenue(entry, { rehearsal: REHEARSAL === 'on', simUrl: SIM_URL ?? 'http://sim' })
      : findVenue(entry.venue, entry.market);
    chooseIntervals(facts, INTERVALS);
    return entry;
  } catch (error) {
    if (!(error instanceof UserError) || error.message.startsWith('INTERVALS=')) throw error;
    throw new UserError(`SUPPORTED_EXCHANGES=${SUPPORTED_EXCHANGES} is not valid: ${error.message}`);
  }
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
