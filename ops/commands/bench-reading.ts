import ccxt from 'ccxt';
import { UserError } from '../../shared/errors.ts';
import type { FrameSet } from '../bench/frames.ts';
import {
  type BookReport,
  type Comparison,
  checkGenerated,
  compareBook,
  compareNormalize,
  FEEDS,
  type NormalizeReport,
  recordedFrames,
} from '../bench/reading.ts';
import { compareInThread, type ReadingJob } from '../bench/reading-in-thread.ts';
import { writeOut } from '../output.ts';

export interface BenchReadingOptions {
  json?: boolean;
  file?: string;
  venue?: string;
  market?: string;
}

const REFERENCE = `ccxt ${ccxt.version}, its client's onMessage and the exchange's handlers, offline, nobody awaiting`;

/** `millrace bench normalize`: frame to events, beside JSON.parse alone and ccxt's own stream handlers. */
export async function benchNormalize(options: BenchReadingOptions): Promise<void> {
  await report(options, 'normalize', compareNormalize, 'normalized');
}

/** `millrace bench book`: frame to changed order book, beside ccxt's. */
export async function benchBook(options: BenchReadingOptions): Promise<void> {
  await report(options, 'book', compareBook, 'applied to the book');
}

/** A recording, else generated frames of one venue, else of every native venue. */
async function report(
  { file, venue, market = 'spot', json }: BenchReadingOptions,
  what: ReadingJob['what'],
  compare: (set: FrameSet) => Promise<NormalizeReport | BookReport>,
  done: string,
): Promise<void> {
  if (file && !venue) throw new UserError('--file needs --venue: say whose frames it holds');
  const feeds: Record<string, NormalizeReport | BookReport> = {};
  for (const [name, of] of venue ? [[venue, market] as const] : FEEDS) {
    if (!file) checkGenerated(name, of);
    process.stderr.write(`millrace: ${file ?? `${name} ${of}`}\n`);
    feeds[`${name} ${of}`] = file
      ? await compare(await recordedFrames(file, name, of))
      : await compareInThread({ what, venue: name, market: of });
  }
  const words = Object.entries(feeds).map(([name, figures]) => inWords(name, done, figures));
  const worst = { ofJsonParse: lowest(feeds, 'ofJsonParse'), timesCcxt: lowest(feeds, 'timesCcxt') };
  words.push(
    `worst: ${Math.round(worst.ofJsonParse.value * 100)} % of JSON.parse alone (${worst.ofJsonParse.feed}), ${worst.timesCcxt.value} times ccxt (${worst.timesCcxt.feed})`,
  );
  const said = json ? JSON.stringify({ reference: REFERENCE, worst, feeds }) : words.join('\n');
  await writeOut(`${said}\n`);
}

/** The feed that a ratio is lowest of. */
function lowest(feeds: Record<string, Comparison>, ratio: 'ofJsonParse' | 'timesCcxt') {
  const all = Object.entries(feeds).map(([feed, figures]) => ({ feed, value: figures[ratio] }));
  return all.reduce((least, each) => (each.value < least.value ? each : least));
}

function inWords(name: string, done: string, figures: Comparison & { agree: boolean }): string {
  const { ours, jsonParse, ccxt: theirs, ofJsonParse, timesCcxt, length, agree } = figures;
  const percent = Math.round(ofJsonParse * 100);
  return [
    `${name}: ${ours.framesPerSecond} frames/s of ${length} characters ${done}`,
    `  ${percent} % of JSON.parse alone (${jsonParse.framesPerSecond}/s), ${timesCcxt} times ccxt (${theirs.framesPerSecond}/s); results ${agree ? 'agree' : 'DIFFER'}`,
  ].join('\n');
}
