import ccxt from 'ccxt';
import { type Comparison, compareBook, compareNormalize, frameSets } from '../bench/reading.ts';
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
  await report(options, compareNormalize, 'normalized');
}

/** `millrace bench book`: frame to changed order book, beside ccxt's. */
export async function benchBook(options: BenchReadingOptions): Promise<void> {
  await report(options, compareBook, 'applied to the book');
}

async function report<T extends Comparison & { agree: boolean }>(
  options: BenchReadingOptions,
  compare: (set: Awaited<ReturnType<typeof frameSets>>[number]) => Promise<T>,
  done: string,
): Promise<void> {
  const feeds: Record<string, T> = {};
  for (const set of await frameSets(options)) {
    process.stderr.write(`millrace: ${set.frames.length} frames: ${set.label}\n`);
    feeds[`${set.venue} ${set.market}`] = await compare(set);
  }
  const words = Object.entries(feeds).map(([name, figures]) => inWords(name, done, figures));
  const worst = { ofJsonParse: lowest(feeds, 'ofJsonParse'), timesCcxt: lowest(feeds, 'timesCcxt') };
  words.push(
    `worst: ${Math.round(worst.ofJsonParse.value * 100)} % of JSON.parse alone (${worst.ofJsonParse.feed}), ${worst.timesCcxt.value} times ccxt (${worst.timesCcxt.feed})`,
  );
  const said = options.json ? JSON.stringify({ reference: REFERENCE, worst, feeds }) : words.join('\n');
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
