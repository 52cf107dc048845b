import { DAY_MS, now } from '../../shared/clock.ts';
import { loadConfig } from '../../shared/config.ts';
import { createSql, type Sql } from '../../shared/db/client.ts';
import { type CoverageRow, listCoverage } from '../../shared/db/coverage.ts';
import { checkDatabase } from '../../shared/db/server.ts';
import { UserError } from '../../shared/errors.ts';
import { writeOut } from '../output.ts';
import { withRunningCluster } from '../running-cluster.ts';

interface Options {
  venue?: string;
  symbol?: string;
  from?: string;
  to?: string;
  json?: boolean;
}
type Range = { from: number; to: number };

/** `millrace coverage`: by venue, symbol and UTC day, what share of the record is known to be complete. */
export async function coverage(options: Options): Promise<void> {
  const range = readRange(options);
  const url = databaseUrl();
  await checkDatabase(url);
  const sql = createSql(url, { name: 'coverage', max: 1 });
  try {
    const { venue, symbol } = options;
    const rows = await listCoverage(sql, { venue, symbol, ...range }, now());
    if (rows.length === 0 && (venue ?? symbol)) throw await nothingOf(sql, options, range);
    await writeOut(options.json ? `${JSON.stringify(rows)}\n` : inWords(rows));
  } finally {
    await sql.end({ timeout: 2 });
  }
}

/** Names what is on record instead. */
async function nothingOf(sql: Sql, { venue, symbol }: Options, { to }: Range): Promise<UserError> {
  const held = await listCoverage(sql, { from: to, to }, now());
  const markets = held.map((row) => `${row.venue} ${row.symbol}`);
  const wanted = [venue, symbol].filter(Boolean).join(' ');
  return new UserError(
    `nothing of ${wanted} was ever recorded: there is ${markets.join(', ') || 'nothing yet'}`,
  );
}

function databaseUrl(): string {
  const config = loadConfig();
  return config.TIMESCALEDB_URL ?? withRunningCluster(config).TIMESCALEDB_URL;
}

/** Both ends included; without them the last seven days. */
function readRange({ from, to }: Options): Range {
  const last = to === undefined ? now() - (now() % DAY_MS) : readDay('--to', to);
  const first = from === undefined ? last - 6 * DAY_MS : readDay('--from', from);
  if (first > last) throw new UserError(`--from ${from} must not be later than --to ${to ?? '(today)'}`);
  return { from: first, to: last };
}

function readDay(name: string, text: string): number {
  const day = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(day)) return day;
  throw new UserError(`${name} ${text} is not valid: it must be a UTC day, such as 2026-11-21`);
}

const HEAD = [
  'venue',
  'symbol',
  'day',
  'complete',
  'trades',
  'open',
  'unfillable',
  'closed',
  'missing',
  'filled',
];
/** From here on columns hold figures. */
const FIGURES = 3;

function inWords(rows: readonly CoverageRow[]): string {
  if (rows.length === 0) return 'nothing was recorded yet\n';
  const cells = rows.map((row) => [
    ...[row.venue, row.symbol, row.day, percent(row.share)],
    ...[row.trades, row.open, row.unfillable, row.closed, row.missing, row.filled].map(String),
  ]);
  const table = [HEAD, ...cells];
  const widths = HEAD.map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0)));
  const pad = (cell: string, column: number) =>
    column < FIGURES ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0);
  return `${table.map((row) => row.map(pad).join('  ')).join('\n')}\n`;
}

/** Never rounded up: only what is whole is 100 %. */
export const percent = (share: number | null): string =>
  share === null ? 'not recorded' : `${(Math.floor(share * 1e5) / 1e3).toFixed(3)} %`;
