import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { findVenue } from '../../shared/exchanges/venues.ts';
import { rebuildBooks } from '../commands/book.ts';
import { Problems } from '../recording.ts';
import { findDialect } from '../sim/dialects/index.ts';
import { symbolsOf } from '../sim/dialects/symbols.ts';
import { binanceFrames, type FrameSet, krakenFrames } from './frames.ts';
import { rehearsedFrames } from './rehearsed.ts';

async function bookOf({ venue, market, opening = [], frames }: FrameSet, symbol: string) {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-frames-'));
  const file = join(folder, 'frames.txt');
  writeFileSync(file, [...opening, ...frames].map(({ frame, at }) => `${at}000000 ${frame}\n`).join(''));
  const problems = new Problems();
  const books = await rebuildBooks(file, findVenue(venue, market), problems);
  rmSync(folder, { recursive: true });
  expect(problems.count).toBe(0);
  return books.get(symbol);
}

test('the generated frames of Binance make a book without a gap', async () => {
  const book = await bookOf(binanceFrames(2_000), 'BTC/USDT');
  expect(book).toMatchObject({ state: 'live', counters: { gaps: 0, resyncs: 0 } });
  expect(book?.counters.updates).toBeGreaterThan(100);
});

test('every checksum in the generated frames of Kraken is right', async () => {
  const book = await bookOf(krakenFrames(2_000), 'BTC/USD');
  expect(book).toMatchObject({ state: 'live', levels: [100, 100], counters: { checksums: { bad: 0 } } });
  expect(book?.counters.checksums.ok).toBeGreaterThan(1_000);
});

test('the same frames are generated every time', () => {
  expect(binanceFrames(500)).toEqual(binanceFrames(500));
  expect(krakenFrames(500)).toEqual(krakenFrames(500));
});

test.each(['bitfinex', 'coinbase', 'kucoin'])(
  'the books of %s, which numbers its frames over all channels, are whole without the other channels',
  async (venue) => {
    const dialect = findDialect(venue, 'spot');
    if (!dialect) throw new Error(`no dialect of ${venue}`);
    const set = rehearsedFrames(dialect, 500).ofChannel?.('book') as FrameSet;
    const [symbol = ''] = symbolsOf(dialect, ['BTC']);
    const book = await bookOf(set, symbol);
    expect(book).toMatchObject({ state: 'live', counters: { gaps: 0, checksums: { bad: 0 } } });
    expect(book?.counters.updates).toBeGreaterThan(100);
  },
);
