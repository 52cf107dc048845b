import { setTimeout as wait } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import type { Gap } from '../shared/domain/gap.ts';
import type { Trade } from '../shared/domain/market.ts';
import { Continuity } from './continuity.ts';
import { GapWatch } from './gap-watch.ts';

const trade = (symbol: string, id: number): Trade => ({
  ...{ type: 'trade', venue: 'sim', symbol, id: String(id), price: '1', size: '1', side: 'buy' },
  ...{ ts: 1_000 + id, receivedAt: 1_000 + id },
});

test('after a cut a quiet symbol is told by itself, one that trades is not; what failed while connecting is one cut', async () => {
  const told: Gap[] = [];
  const continuity = new Continuity('ids');
  const watch = new GapWatch(continuity, (gap) => told.push(gap), { settleMs: 10 });
  const symbols = ['BTC/USDT', 'ETH/USDT'];
  for (const symbol of symbols) continuity.accept(trade(symbol, 1));
  watch.lost(symbols, 'disconnect', `cut: ${'x'.repeat(400)}`);
  watch.lost(symbols, 'disconnect', 'refused');
  watch.heard(symbols);
  expect(continuity.accept(trade('BTC/USDT', 2))).toHaveLength(1);
  while (told.length === 0) await wait(5);
  expect(told).toMatchObject([{ symbol: 'ETH/USDT', cause: 'disconnect', from: { id: '1', ts: 1_001 } }]);
  expect(told[0]?.detail).toHaveLength(300);
  watch.close();
});

test('a cut that lasts is told only once it is over', async () => {
  const told: Gap[] = [];
  const continuity = new Continuity('ids');
  const watch = new GapWatch(continuity, (gap) => told.push(gap), { settleMs: 5 });
  watch.heard(['BTC/USDT']);
  watch.lost(['BTC/USDT'], 'disconnect', 'cut');
  await wait(20);
  expect(told).toEqual([]);
  watch.heard(['BTC/USDT']);
  while (told.length === 0) await wait(5);
  expect(told).toHaveLength(1);
  watch.close();
});
