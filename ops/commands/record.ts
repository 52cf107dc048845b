import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { monotonic, sleep } from '../../shared/clock.ts';
import { loadConfig } from '../../shared/config.ts';
import { messageOf, UserError } from '../../shared/errors.ts';
import { chooseIntervals } from '../../shared/exchanges/intervals.ts';
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
  const symbols = options.symbols === undefined ? config.SYMBOLS : readSymbols(options.symbols, venue);
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

function readSymbols(text: string, venue: Venue): string[] {
  const symbols = [...new Set(text.split(',').map((symbol) => symbol.trim()))];
  for (const symbol of symbols) {
    if (!/^[^\s/:]+\/[^\s/:]+(:[^\s/]+)?$/.test(symbol)) {
      throw new UserError(`--symbols ${text} is not valid: name symbols of ${venue.label} such as BTC/USDT`);
    }
  }
  return symbols;
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
