import { UserError } from '../../shared/errors.ts';
import { type Entry, nativeEntries, readEntry } from '../../shared/exchanges/entries.ts';
import { BRIEF, FULL } from '../chaos/fault-counts.ts';
import { breakFeeds, FEED_FAULTS, type FeedReport } from '../chaos/feed.ts';
import { wholeNumber } from '../whole-number.ts';

/** X7: all books of a venue that was cut off. */
const LIVE_ALLOWED_MS = 60_000;

/**
 * Prints `{"cuts","missing","duplicates","openGaps","falseGaps",…}`; exit 1 when anything was lost, doubled, left open,
 * not written down or wrong. Needs no running cluster and touches none.
 */
export async function chaosFeed(options: {
  json?: boolean;
  cuts: string;
  full?: boolean;
  symbols: string;
  rate: string;
  seed: string;
  venue?: string;
  faults?: string;
}): Promise<void> {
  const report = await breakFeeds({
    entries: entriesOf(options.venue),
    faults: faultsOf(options.faults),
    cuts: wholeNumber('--cuts', options.cuts, 0, 10_000),
    counts: options.full ? FULL : BRIEF,
    rate: wholeNumber('--rate', options.rate, 1, 10_000),
    seed: wholeNumber('--seed', options.seed, 0, 2 ** 31 - 1),
    bases: basesOf(wholeNumber('--symbols', options.symbols, 1, 500)),
    say: (text) => process.stderr.write(`${text}\n`),
  });
  process.stdout.write(`${JSON.stringify(report, undefined, options.json ? undefined : 2)}\n`);
  if (!isGood(report)) process.exitCode = 1;
}

/** Coins with a price that everybody knows first. */
function basesOf(count: number): string[] {
  const known = ['BTC', 'ETH'];
  return Array.from({ length: count }, (_, index) => known[index] ?? `C${String(index).padStart(2, '0')}X`);
}

function isGood(report: FeedReport): boolean {
  const { missing, duplicates, wrong, openGaps, falseGaps, cutsWithoutRow, shutdownGaps, X7 } = report;
  const rehearsed = Object.values(report.rehearsed).every(
    ({ wrong: wrongBooks, X1, X2, X3, X4, X9 }) =>
      wrongBooks === 0 &&
      X1?.lost === X1?.detected &&
      (X2 === undefined || X2.ignored + X2.caught === X2.repeated) &&
      X3?.corrupted === X3?.detected &&
      !X4?.falseResyncs &&
      !X9?.insane,
  );
  const stalls = Object.values(report.X5 ?? {}).every(({ tookMs, allowedMs }) => tookMs <= allowedMs);
  const areLive = Object.values(X7.worstLiveMs).every((ms) => ms <= LIVE_ALLOWED_MS);
  const bad =
    missing + duplicates + wrong + openGaps + falseGaps + cutsWithoutRow + shutdownGaps + X7.refusals;
  return bad === 0 && rehearsed && stalls && areLive && (report.X10?.grownMB ?? 0) <= 150;
}

/** `binance,okx:swap`; every venue with an adapter of our own without. */
function entriesOf(text: string | undefined): Entry[] {
  if (text) return text.split(',').map((name) => readEntry(name.trim()));
  return nativeEntries().filter(({ venue }) => venue !== 'sim');
}

function faultsOf(text: string | undefined): ReadonlySet<string> {
  const names = text?.split(',').map((name) => name.trim()) ?? [...FEED_FAULTS];
  const unknown = names.find((name) => !(FEED_FAULTS as readonly string[]).includes(name));
  if (unknown === undefined) return new Set(names);
  throw new UserError(`--faults names ${unknown}: choose from ${FEED_FAULTS.join(', ')}`);
}
