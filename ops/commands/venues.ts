import { ccxtRows } from '../../shared/exchanges/ccxt/table.ts';
import { nativeRows, type VenueRow } from '../../shared/exchanges/venue-table.ts';
import { writeOut } from '../output.ts';

const HOUR_MS = 3_600_000;

/** The columns for a person; `--json` has all there is. */
const COLUMNS: [title: string, cell: (row: VenueRow) => string][] = [
  ['exchange', ({ entry }) => entry],
  ['', ({ label }) => label],
  ['symbols', ({ takes }) => takes.join(', ')],
  ['channels', ({ channels }) => channels.join(' ')],
  ['whole book from', ({ bookSource }) => bookSource],
  ['a break in a book shows by', ({ bookBreaks }) => bookBreaks.join(', ') || 'nothing'],
  ['a missing trade by', ({ tradeBreaks }) => tradeBreaks],
  [
    'trades come back',
    ({ backfill }) => (typeof backfill === 'object' ? `newest ${backfill.newest}` : backfill),
  ],
  ['sizes', ({ sizes }) => sizes],
  ['life', ({ lifeMs }) => (lifeMs === null ? '-' : `${lifeMs / HOUR_MS} h`)],
];

/** `millrace venues`: what can be recorded, and what can be promised of it. */
export async function venues({
  ccxt = false,
  json = false,
}: {
  ccxt?: boolean;
  json?: boolean;
}): Promise<void> {
  const rows = [...nativeRows(), ...(ccxt ? await ccxtRows() : [])];
  await writeOut(json ? `${JSON.stringify(rows, null, 2)}\n` : inWords(rows, ccxt));
}

function inWords(rows: VenueRow[], ccxt: boolean): string {
  const lines = [COLUMNS.map(([title]) => title), ...rows.map((row) => COLUMNS.map(([, cell]) => cell(row)))];
  const widths = COLUMNS.map((_, at) => Math.max(...lines.map((line) => line[at]?.length ?? 0)));
  const table = lines.map((line) =>
    line
      .map((cell, at) => cell.padEnd(widths[at] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  const hint = ccxt
    ? ''
    : '\nEvery other exchange that ccxt streams is ccxt:<exchange>: --ccxt lists them too.\n';
  return `${table.join('\n')}\n\n${caveats(rows)}${hint}`;
}

/** Each caveat once, with whom it concerns. */
function caveats(rows: VenueRow[]): string {
  const by = new Map<string, string[]>();
  for (const { caveats, entry, reader } of rows) {
    for (const caveat of caveats) {
      const who = reader === 'ccxt' && CCXT_WIDE.test(caveat) ? 'ccxt:*' : entry;
      by.set(caveat, [...new Set([...(by.get(caveat) ?? []), who])]);
    }
  }
  return [...by].map(([caveat, who]) => `${who.join(', ')}: ${caveat}\n`).join('');
}

/** What holds for everything that comes through ccxt. */
const CCXT_WIDE = /^(no sequence check|no trade ids|prices and sizes are floats|how far back|no raw frames)/;
