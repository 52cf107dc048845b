import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { endsWithin, monotonic, sleep } from '../../shared/clock.ts';
import { loadConfig } from '../../shared/config.ts';
import { describeKinds } from '../../shared/domain/symbols.ts';
import { messageOf, RejectError, RetryError, UserError } from '../../shared/errors.ts';
import { symbolsOf } from '../../shared/exchanges/entries.ts';
import { chooseIntervals } from '../../shared/exchanges/intervals.ts';
import { describeUnlisted, fetchListing } from '../../shared/exchanges/listing.ts';
import { subscriptionsOf } from '../../shared/exchanges/subscriptions.ts';
import type { Venue } from '../../shared/exchanges/venue.ts';
import { findLiveVenue } from '../../shared/exchanges/venues.ts';
import { writeOut } from '../output.ts';
import { Recorder, type RecordingReport } from '../record/recorder.ts';
import { findSimUrl } from '../running-cluster.ts';

export interface RecordOptions {
  venue: string;
  market: string;
  symbols?: string;
  seconds?: string;
  out: string;
  rotateMb: string;
  rotateMinutes: string;
  json?: boolean;
}

const SAY_EVERY_MS = 5_000;
const LISTING_MS = 5_000;

/**
 * `millrace record`: a venue's frames as recordings, until `--seconds` are over or Ctrl-C. The paths of the files go
 * to stdout, a line each, what happens to stderr.
 * @throws {UserError} also when nothing at all came
 */
export async function record(options: RecordOptions): Promise<void> {
  const config = loadConfig();
  const rehearsal = config.REHEARSAL === 'on';
  const simUrl = options.venue === 'sim' || rehearsal ? findSimUrl(config) : undefined;
  const venue = findLiveVenue(options.venue, options.market, { simUrl, rehearsal });
  const symbols = await listedOf(venue, readSymbols(options.symbols, venue, config.SYMBOLS));
  const seconds = options.seconds === undefined ? undefined : positive('--seconds', options.seconds);
  const rotation = {
    maxBytes: positive('--rotate-mb', options.rotateMb) * 1024 * 1024,
    maxMs: positive('--rotate-minutes', options.rotateMinutes) * 60_000,
  };
  const stop = new AbortController();
  let failure: UserError | undefined;
  const recorder = new Recorder({
    venue,
    subscriptions: subscriptionsOf(venue, symbols, chooseIntervals(venue, config.INTERVALS)),
    folder: makeFolder(options.out),
    rotation,
    onStatus: ({ state, reason }) => say(reason ? `${state}: ${reason}` : state),
    onFailure: (error) => {
      failure = error;
      stop.abort();
    },
  });
  const report = await run(recorder, stop, seconds);
  await tell(report, options.json);
  if (failure) throw failure;
  if (report.frames === 0) throw new UserError(`nothing came from ${venue.label}, so nothing was recorded`);
}

async function run(recorder: Recorder, stop: AbortController, seconds?: number): Promise<RecordingReport> {
  const end = () => stop.abort();
  process.once('SIGINT', end).once('SIGTERM', end);
  const startedAt = monotonic();
  const progress = setInterval(() => say(describe(recorder.report(), startedAt)), SAY_EVERY_MS);
  try {
    recorder.start();
    if (seconds !== undefined) await sleep(seconds * 1000, stop.signal);
    else await once(stop.signal, 'abort');
  } finally {
    clearInterval(progress);
    process.off('SIGINT', end).off('SIGTERM', end);
  }
  const report = await recorder.stop();
  say(describe(report, startedAt));
  return report;
}

async function tell(report: RecordingReport, json = false): Promise<void> {
  if (report.silent.length > 0) {
    say(`nothing came of ${report.silent.join(', ')}: check the spelling, or it was not traded`);
  }
  const paths = report.files.map(({ path }) => `${path}\n`).join('');
  await writeOut(json ? `${JSON.stringify(report)}\n` : paths);
}

const say = (text: string) => void process.stderr.write(`millrace: ${text}\n`);

function describe({ frames, snapshots, files, badFrames }: RecordingReport, startedAt: number): string {
  const seconds = Math.round((monotonic() - startedAt) / 1000);
  const megabytes = files.reduce((sum, { bytes }) => sum + bytes, 0) / 1e6;
  return `${seconds} s: ${frames} frames, ${snapshots} REST books, ${badFrames} bad frames, ${megabytes.toFixed(1)} MB in ${files.length} files`;
}

/** `--symbols`, else those of `SYMBOLS` that are of this market. */
function readSymbols(text: string | undefined, venue: Venue, configured: readonly string[]): string[] {
  if (text === undefined) {
    const fitting = symbolsOf(venue, configured);
    if (fitting.length > 0) return fitting;
    throw new UserError(
      `SYMBOLS has none of ${venue.label}'s ${describeKinds(venue.takes)}: name some with --symbols`,
    );
  }
  const symbols = [...new Set(text.split(',').map((symbol) => symbol.trim()))];
  const wrong = symbols.find((symbol) => symbolsOf(venue, [symbol]).length === 0);
  if (wrong === undefined) return symbols;
  throw new UserError(
    `--symbols ${text} is not valid: "${wrong}" is none of ${venue.label}'s ${describeKinds(venue.takes)}`,
  );
}

/**
 * Those that the venue lists; a venue that can't be asked is taken at our word.
 * @throws {UserError} when it lists none of them
 */
async function listedOf(venue: Venue, symbols: string[]): Promise<string[]> {
  let listed: ReadonlySet<string> | undefined;
  const asking = fetchListing(venue).then((all) => {
    listed = all;
  });
  try {
    await endsWithin(LISTING_MS, asking);
  } catch (error) {
    if (!(error instanceof RetryError || error instanceof RejectError)) throw error;
  }
  const known = listed;
  if (!known) return symbols;
  const unknown = symbols.filter((symbol) => !known.has(symbol));
  const words = unknown.map((symbol) => describeUnlisted(venue, symbol, known));
  if (unknown.length === symbols.length) throw new UserError(words.join('; '));
  for (const word of words) say(word);
  return symbols.filter((symbol) => known.has(symbol));
}

function makeFolder(out: string): string {
  const folder = resolve(out);
  try {
    mkdirSync(folder, { recursive: true });
    return folder;
  } catch (error) {
    throw new UserError(`--out ${out} cannot be made: ${messageOf(error)}`);
  }
}

function positive(flag: string, text: string): number {
  const value = Number(text);
  if (value > 0 && value <= 1e6) return value;
  throw new UserError(`${flag} ${text} is not valid: it must be a number above 0 and up to 1000000`);
}
