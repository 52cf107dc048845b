import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type TestDatabase, testDatabase } from '../../ops/testing/services.ts';
import { DAY_MS } from '../clock.ts';
import { INTERVALS } from '../domain/market.ts';
import { findArchiveLayout } from './archive-layout.ts';
import { compressParts, makeParts } from './archive-parts.ts';
import { findLastBook } from './books.ts';
import { BUILT_INTERVALS, listBuiltCandles } from './built-candles.ts';
import { buildCandles } from './candle-builds.ts';
import { findLastCandle, listCandles, listMissingCandles } from './candles.ts';
import { createSql, type Sql } from './client.ts';
import { listDueGaps } from './gaps.ts';
import { listOpenOrders } from './orders.ts';
import {
  findLastTrade,
  findLastTradeBefore,
  findTradeSince,
  findTradeSums,
  listMissingTradeIds,
  listTrades,
} from './trades.ts';

/** Four days of four symbols, 10,000 trades a day each, the oldest days compressed where there is a columnstore. */
const SYMBOLS = ['BTC/USDT', 'ETH/USDT', 'SOL/USDT', 'XRP/USDT'];
const PER_DAY = 10_000;
const DAYS = 4;
const BTC = { venue: 'sim', symbol: 'BTC/USDT' };
const TODAY = Math.floor(Date.now() / DAY_MS) * DAY_MS;
const END = TODAY - DAY_MS;
const START = END - DAYS * DAY_MS;
/** A table with more rows is not to be read from end to end. */
const SMALL = 500;

let db: TestDatabase;
let sql: Sql;
let sent: { text: string; parameters: unknown[] }[] = [];

beforeAll(async () => {
  db = await testDatabase();
  sql = createSql(db.url, {
    name: 'plans',
    onStatement: (text, parameters) => sent.push({ text, parameters }),
  });
  await fill();
});
afterAll(async () => {
  await sql.end();
  await db.drop();
});

async function fill(): Promise<void> {
  await makeParts(
    sql,
    Array.from({ length: DAYS }, (_, day) => START + day * DAY_MS),
  );
  await sql`INSERT INTO instruments (venue, symbol) SELECT 'sim', unnest(${SYMBOLS}::text[])`;
  const stepMs = DAY_MS / PER_DAY;
  await sql`
    INSERT INTO trades SELECT i, ${START}::timestamptz + n * ${stepMs} * interval '1 ms', (1e6 + n)::bigint::text,
      60000 + n % 100, 1, 'buy' FROM generate_series(0, ${DAYS * PER_DAY - 1}) n, generate_series(1, 4) i`;
  await sql`
    INSERT INTO candles SELECT i, '1m', ts, 1, 1, 1, 1, 1
    FROM generate_series(${START}::timestamptz, ${END - 1}::timestamptz, '1 minute') ts, generate_series(1, 4) i`;
  await sql`
    INSERT INTO book_snapshots SELECT i, ts, '[["1","2"]]', '[["3","4"]]'
    FROM generate_series(${START}::timestamptz, ${END - 1}::timestamptz, '10 seconds') ts, generate_series(1, 2) i`;
  await buildCandles(sql);
  if ((await findArchiveLayout(sql)) === 'columnstore') await compressParts(sql, END - DAY_MS);
  await fillGapsAndOrders();
  await sql.unsafe('VACUUM ANALYZE');
}

async function fillGapsAndOrders(): Promise<void> {
  await sql`
    INSERT INTO gaps (instrument_id, cause, detail, noticed_at, from_ts, from_id, reached_ts, reached_id, state)
    SELECT 1, 'disconnect', '', now() - n * interval '1 hour', now(), '1', now(), '1', 'closed'
    FROM generate_series(1, 5000) n`;
  await sql.begin(async (tx) => {
    // Orders alone: their triggers and references are not what is looked at here.
    await tx`SET LOCAL session_replication_role = replica`;
    await tx`
      INSERT INTO orders (id, client_id, autopilot, signal_id, instrument_id, mode, side, size, state, fence)
      SELECT gen_random_uuid(), n::text, 'a', n, 1, 'paper', 'buy', 1, 'FILLED', 1 FROM generate_series(1, 5000) n`;
  });
}

interface Node {
  'Node Type': string;
  'Custom Plan Provider'?: string;
  'Relation Name'?: string;
  'Actual Rows': number;
  'Actual Loops': number;
  'Rows Removed by Filter'?: number;
  Plans?: Node[];
}

/** The plans of the statements that `work` sends, run as it runs them. */
async function plansOf(work: () => Promise<unknown>): Promise<Node[]> {
  sent = [];
  await work();
  const nodes: Node[] = [];
  for (const { text, parameters } of [...sent]) {
    if (!/^\s*(SELECT|WITH)/.test(text)) continue;
    const [row] = await sql.unsafe(`EXPLAIN (ANALYZE, FORMAT JSON) ${text}`, parameters as never[]);
    const flatten = (node: Node): Node[] => [node, ...(node.Plans ?? []).flatMap(flatten)];
    nodes.push(...flatten(row?.queryPLAN?.[0]?.Plan ?? row?.['QUERY PLAN'][0].Plan));
  }
  if (nodes.length === 0) throw new Error('no statement was seen');
  return nodes;
}

/** Tables of more than a few rows that were read from end to end. */
async function bigScans(nodes: readonly Node[]): Promise<string[]> {
  const scanned = nodes.filter((node) => node['Node Type'] === 'Seq Scan' && node['Actual Loops'] > 0);
  const names = scanned.map((node) => node['Relation Name'] ?? '?');
  const big = await sql<{ name: string }[]>`
    SELECT relname AS name FROM pg_class WHERE relname = ANY(${names}) AND reltuples > ${SMALL}`;
  return big.map(({ name }) => name);
}

/** Rows that the leaves of the plan read, those that a filter threw away included. */
const rowsRead = (nodes: readonly Node[]): number =>
  nodes
    .filter((node) => !node.Plans)
    .reduce(
      (sum, node) =>
        sum + (node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0)) * node['Actual Loops'],
      0,
    );

const noon = START + DAY_MS / 2;
const minute = INTERVALS['1m'];
const recent = { from: END - 10 * minute, to: END };

/** What is asked again and again, and how many rows it may read. A compressed row holds up to 10,000. */
const HOT: [name: string, most: number, query: () => Promise<unknown>][] = [
  ['the last 1000 trades', 1_100, () => listTrades(sql, { ...BTC, limit: 1_000 })],
  ['the last trade', 10, () => findLastTrade(sql, BTC)],
  ['1000 trades before a time', 1_100, () => listTrades(sql, { ...BTC, limit: 1_000, before: END - minute })],
  ['trades in ten minutes', 300, () => findTradeSums(sql, { ...BTC, ...recent })],
  [
    'the last trade before a time',
    100,
    () => findLastTradeBefore(sql, { ...BTC, since: recent.from, before: END }),
  ],
  [
    'missing trade ids since a time',
    300,
    () => listMissingTradeIds(sql, { ...BTC, fromId: '1039900', toId: '1039999', since: recent.from }),
  ],
  ['the newest 500 published candles', 600, () => listCandles(sql, { ...BTC, interval: '1m', limit: 500 })],
  [
    'published candles from a time on',
    600,
    () => listCandles(sql, { ...BTC, interval: '1m', from: END - 60 * minute, limit: 500 }),
  ],
  ['the last candle', 10, () => findLastCandle(sql, { ...BTC, interval: '1m' })],
  [
    'missing candles of an hour',
    200,
    () =>
      listMissingCandles(sql, { ...BTC, interval: '1m', from: END - 60 * minute, to: END, stepMs: minute }),
  ],
  ['the last book', 10, () => findLastBook(sql, BTC)],
  ['gaps that are due', 10, () => listDueGaps(sql, { most: 4 })],
  ['open orders', 10, () => listOpenOrders(sql)],
];

describe('the plans of the hot queries', () => {
  test.each(HOT)(
    '%s: at most %i rows are read, and no large table from end to end',
    async (_, most, query) => {
      const nodes = await plansOf(query);
      expect(await bigScans(nodes)).toEqual([]);
      expect(rowsRead(nodes)).toBeLessThanOrEqual(most);
    },
  );

  test.each(BUILT_INTERVALS)('built candles of %s, the newest and those of a range', async (interval) => {
    const newest = await plansOf(() => listBuiltCandles(sql, { ...BTC, interval, to: END - 1, limit: 20 }));
    expect(await bigScans(newest)).toEqual([]);
    const range = { from: END - 20 * INTERVALS[interval], to: END - 1, limit: 20 };
    const ranged = await plansOf(() => listBuiltCandles(sql, { ...BTC, interval, ...range }));
    expect(await bigScans(ranged)).toEqual([]);
    for (const nodes of [newest, ranged]) expect(rowsRead(nodes)).toBeLessThan(1_000);
  });

  test('old trades are found without reading other days, compressed or not', async () => {
    for (const query of [
      () => findTradeSince(sql, { ...BTC, since: noon }),
      () => findTradeSums(sql, { ...BTC, from: noon, to: noon + minute }),
    ]) {
      const nodes = await plansOf(query);
      expect(await bigScans(nodes)).toEqual([]);
      expect(rowsRead(nodes)).toBeLessThan(PER_DAY * 2);
    }
  });

  test('trades are read part by part, not gathered from all of them and sorted', async () => {
    const nodes = await plansOf(() => listTrades(sql, { ...BTC, limit: 1_000 }));
    expect(nodes.some((node) => node['Node Type'] === 'Sort' && node['Actual Rows'] > 1_000)).toBe(false);
    const kinds = nodes.map((node) => node['Custom Plan Provider'] ?? node['Node Type']);
    expect(kinds).toContainEqual(expect.stringContaining('Append'));
  });
});
