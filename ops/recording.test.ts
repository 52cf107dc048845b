import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, describe, expect, test } from '@jest/globals';
import { Decimal } from '../shared/domain/decimal.ts';
import type { MarketEvent, Trade } from '../shared/domain/market.ts';
import { UserError } from '../shared/errors.ts';
import { findVenue } from '../shared/exchanges/venues.ts';
import { describeBook, rebuildBooks } from './commands/book.ts';
import { Problems, readEvents } from './recording.ts';

const DATA = join(import.meta.dirname, '../../shared/data');
const folder = mkdtempSync(join(tmpdir(), 'millrace-recording-'));
afterAll(() => rmSync(folder, { recursive: true }));

const binance = findVenue('binance');
const kraken = findVenue('kraken');
const recorded = existsSync(DATA) ? test : test.skip;
const titled = (name: string) => (existsSync(DATA) ? name : `${name} (SKIPPED: no ${DATA})`);
const expected = (name: string) => JSON.parse(readFileSync(join(DATA, `${name}.json`), 'utf8'));

function save(name: string, content: string | Buffer): string {
  const file = join(folder, name);
  writeFileSync(file, content);
  return file;
}

async function readAll(
  file: string,
  venue = binance,
): Promise<{ events: MarketEvent[]; problems: Problems }> {
  const problems = new Problems();
  const events: MarketEvent[] = [];
  for await (const batch of readEvents(file, venue, problems)) events.push(...batch);
  return { events, problems };
}

async function reports(file: string, venue = binance) {
  const problems = new Problems();
  const books = await rebuildBooks(file, venue, problems);
  return Object.fromEntries([...books].map(([symbol, book]) => [symbol, describeBook(book, 25)]));
}

/** The frames of the given recording after an edit of its lines, as a new file. */
function edited(name: string, edit: (lines: string[]) => string[]): string {
  const lines = gunzipSync(readFileSync(join(DATA, `${name}.txt.gz`)))
    .toString()
    .trimEnd()
    .split('\n');
  return save(`${name}.txt`, `${edit(lines).join('\n')}\n`);
}

describe('the recordings that others made', () => {
  recorded(titled('give exactly the trades of Binance'), async () => {
    const { events, problems } = await readAll(join(DATA, 'binance-spot-btcusdt.txt.gz'));
    const trades = events.filter((event): event is Trade => event.type === 'trade');
    const total = trades.reduce((sum, { size }) => sum.plus(size), new Decimal(0));
    expect(problems.count).toBe(0);
    expect({
      count: trades.length,
      totalSize: total.toFixed(),
      buys: trades.filter(({ side }) => side === 'buy').length,
      firstId: trades[0]?.id,
      lastId: trades.at(-1)?.id,
    }).toEqual(expected('binance-spot-btcusdt').trades);
  });

  recorded(titled('give exactly the book of Binance'), async () => {
    const books = await reports(join(DATA, 'binance-spot-btcusdt.txt.gz'));
    expect(books).toMatchObject(expected('binance-spot-btcusdt').books);
  });

  recorded(titled('give exactly the books of Kraken, every checksum right'), async () => {
    const books = await reports(join(DATA, 'kraken-spot-book.txt.gz'), kraken);
    expect(books).toMatchObject(expected('kraken-spot-book').books);
    expect(Object.keys(books)).toEqual(Object.keys(expected('kraken-spot-book').books));
  });

  recorded(titled('with a change missing: the break is seen, and the next whole book mends it'), async () => {
    const { books: whole } = expected('binance-spot-btcusdt');
    let snapshot = '';
    const file = edited('binance-spot-btcusdt', (lines) => {
      const depths = lines.flatMap((line, index) => (line.includes('depthUpdate') ? [index] : []));
      const lost = depths[1_000] as number;
      snapshot = lines.find((line) => line.includes('snapshot_for')) as string;
      return lines.filter((_, index) => index !== lost);
    });
    expect((await reports(file))['BTC/USDT']).toMatchObject({ gaps: 1, live: false, updates: 998 });
    const mended = join(folder, 'mended.txt');
    const text = readFileSync(file, 'utf8').trimEnd();
    const final = { lastUpdateId: 9e15, bids: whole['BTC/USDT'].bids, asks: whole['BTC/USDT'].asks };
    const time = snapshot.slice(0, snapshot.indexOf(' '));
    writeFileSync(mended, `${text}\n${time} ${JSON.stringify({ snapshot_for: 'BTCUSDT', body: final })}\n`);
    expect((await reports(mended))['BTC/USDT']).toMatchObject({
      ...{ gaps: 1, resyncs: 1, live: true, updates: 998 },
      ...{ bids: whole['BTC/USDT'].bids, asks: whole['BTC/USDT'].asks },
    });
  });

  recorded(titled('with a quantity corrupted: the checksum tells at that very frame'), async () => {
    const file = edited('kraken-spot-book', (lines) => {
      const snapshot = lines.findIndex((line) => line.includes('snapshot","data":[{"symbol":"OMG/USD"'));
      lines[snapshot] = (lines[snapshot] as string).replace('136.97698969', '136.97698968');
      return lines;
    });
    const books = await reports(file, kraken);
    expect(books['OMG/USD']).toMatchObject({ live: false, checksums: { ok: 0, bad: 1 }, updates: 0 });
    expect(books['BTC/CHF']).toMatchObject({ live: true, checksums: { ok: 290, bad: 0 } });
  });
});

describe('any recording', () => {
  const at = '1723161254087896568';
  const trade = (id: number) =>
    `{"e":"trade","E":1723161255343,"s":"ETHBTC","t":${id},"p":"0.04","q":"2","T":1723161255342,"m":false,"M":true}`;

  test('may have bad lines and frames: they are counted with reason and line, the rest is read', async () => {
    const lines = [
      `${at} ${trade(1)}`,
      'rubbish',
      `${at} {"e":"tra`,
      `${at} ${trade(2)}`,
      '',
      `17 ${trade(3)}`,
    ];
    const { events, problems } = await readAll(save('mixed.txt', lines.join('\r\n')));
    expect(events.map((event) => (event as Trade).id)).toEqual(['1', '2']);
    expect(problems.summary()).toBe(
      '3 frames could not be read: not "<receive time in ns> <frame>" (2, first in line 2); not valid JSON (1, first in line 3)',
    );
  });

  test('is known by its bytes, not by its name, and may come in several gzip members', async () => {
    const parts = [
      gzipSync(`${at} ${trade(1)}\n${at} ${trade(2).slice(0, 40)}`),
      gzipSync(`${trade(2).slice(40)}\n`),
    ];
    const { events } = await readAll(save('members.dat', Buffer.concat(parts)));
    expect(events.map((event) => (event as Trade).id)).toEqual(['1', '2']);
    expect(events[0]).toMatchObject({ symbol: 'ETH/BTC', side: 'buy', receivedAt: 1_723_161_254_087 });
  });

  test.each([
    ['is not there', () => join(folder, 'absent.txt'), 'there is no such file'],
    ['is a folder', () => folder, 'it is a folder'],
    ['is something else', () => save('other.txt', 'timestamp,open\n1,2\n'), 'is not a recording'],
    [
      'is of another venue',
      () => save('kraken.txt', '1723161255342000000 {"channel":"trade","type":"update","data":[]}\n'),
      'holds no frame of Binance spot: 1 frame could not be read',
    ],
    [
      'is gzip cut short',
      () => save('cut.gz', gzipSync(`${at} ${trade(1)}\n`.repeat(99)).subarray(0, 60)),
      'gzip ends early',
    ],
  ])('that %s is a sentence for the person', async (_name, make, message) => {
    const reading = readAll(make());
    await expect(reading).rejects.toThrow(UserError);
    await expect(reading).rejects.toThrow(message);
  });

  test('that is empty has no events', async () => {
    expect((await readAll(save('empty.txt', ''))).events).toEqual([]);
  });
});
