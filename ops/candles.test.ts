import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { UserError } from '../shared/errors.ts';
import { candles, collectTrades } from './commands/candles.ts';
import { Problems } from './recording.ts';

const folder = mkdtempSync(join(tmpdir(), 'millrace-candles-'));
afterAll(() => rmSync(folder, { recursive: true }));

const START = Date.UTC(2026, 0, 1);
const trade = (id: number, ts: number, symbol = 'BTC/USDT', price = '2.505e-05') =>
  JSON.stringify({ type: 'trade', venue: 'sim', symbol, id: `${id}`, price, size: '0.1', side: 'buy', ts });

function save(...lines: string[]): string {
  const file = join(folder, 'events.ndjson');
  writeFileSync(file, `${lines.join('\n')}\n`);
  return file;
}

describe('millrace candles', () => {
  test('takes trades alone, spells numbers plainly and counts bad lines with their place', async () => {
    const problems = new Problems();
    const file = save(
      trade(1, START),
      '{"type":"quote","venue":"sim","symbol":"BTC/USDT"}',
      'no event',
      trade(2, START + 1).replace('2.505e-05', '-1'),
      trade(3, START + 60_000),
    );
    const builder = await collectTrades(file, { interval: '1m' }, problems);
    const price = '0.00002505';
    expect(builder.build()).toEqual([
      { ts: START, open: price, high: price, low: price, close: price, volume: '0.1' },
      { ts: START + 60_000, open: price, high: price, low: price, close: price, volume: '0.1' },
    ]);
    expect(problems.summary('line')).toBe(
      '2 lines could not be read: not a JSON object (1, first in line 3); price is negative (1, first in line 4)',
    );
  });

  test('asks which of several symbols is meant, and takes the one that is named', async () => {
    const file = save(trade(1, START), trade(2, START, 'ETH/USDT'));
    const collect = (symbol?: string) =>
      collectTrades(file, { interval: '1m', ...(symbol && { symbol }) }, new Problems());
    await expect(collect()).rejects.toThrow('--symbol');
    expect((await collect('ETH/USDT')).build()).toHaveLength(1);
    await expect(collect('XRP/USDT')).rejects.toThrow('no trade of XRP/USDT: there is BTC/USDT, ETH/USDT');
  });

  test('refuses an interval that is none and a file without an event', async () => {
    await expect(candles(save(trade(1, START)), { interval: '7m' })).rejects.toThrow(UserError);
    await expect(candles(save('x', 'y'), { interval: '1m' })).rejects.toThrow('holds no events');
  });
});
