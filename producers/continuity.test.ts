import { expect, test } from '@jest/globals';
import type { Mark } from '../shared/domain/gap.ts';
import type { Trade } from '../shared/domain/market.ts';
import { Continuity } from './continuity.ts';

const symbol = 'BTC/USDT';

const trade = (id: number | string, ts = 1_000 + Number(id)): Trade => ({
  type: 'trade',
  venue: 'sim',
  symbol,
  id: String(id),
  ts,
  receivedAt: ts,
  price: '1',
  size: '1',
  side: 'buy',
});

const mark = (id: number | string, ts = 1_000 + Number(id)): Mark => ({ id: String(id), ts });

/** Where trades have been heard since `first`. */
function started(first = trade(10), tradeBreaks: 'ids' | 'time' = 'ids'): Continuity {
  const continuity = new Continuity(tradeBreaks);
  continuity.accept(first);
  return continuity;
}

test('contiguous, late and repeated trades are no gap; a jump is', () => {
  const continuity = started();
  for (const id of [11, 11, 9]) expect(continuity.accept(trade(id))).toEqual([]);
  expect(continuity.accept(trade(15))).toMatchObject([
    { symbol, cause: 'sequence', noticedAt: 1_015, from: mark(11), to: mark(15) },
  ]);
  for (const id of [13, 16]) expect(continuity.accept(trade(id))).toEqual([]);
});

test('ids that begin again much later are a new sequence, no gap and no duplicate', () => {
  const continuity = started(trade(1_000_000));
  expect(continuity.accept(trade(5, 9_000_000))).toEqual([]);
  expect(continuity.accept(trade(7, 9_000_001))).toMatchObject([
    { from: mark(5, 9_000_000), to: { id: '7' } },
  ]);
});

test('where ids do not count up a jump proves nothing', () => {
  expect(started(trade(10), 'time').accept(trade(90))).toEqual([]);
  expect(started(trade('a', 1)).accept(trade('c', 2))).toEqual([]);
});

test('an interruption is a gap up to the next trade, even when the ids are contiguous', () => {
  const continuity = started();
  continuity.interrupt([symbol], 'disconnect', 'cut', 2_000);
  continuity.interrupt([symbol], 'disconnect', 'refused', 2_001);
  continuity.resume([symbol]);
  expect(continuity.accept(trade(10))).toEqual([]);
  expect(continuity.accept(trade(11))).toEqual([
    { symbol, cause: 'disconnect', detail: 'cut', noticedAt: 2_000, from: mark(10), to: mark(11) },
  ]);
  expect(continuity.accept(trade(12))).toEqual([]);
});

test('a quiet symbol leaves no gap untold: it reaches to the present, and is told again when a trade ends it', () => {
  const continuity = started(trade('a', 5), 'time');
  continuity.interrupt([symbol], 'disconnect', 'cut', 2_000);
  expect(continuity.settle([symbol])).toEqual([]);
  continuity.resume([symbol]);
  const told = { symbol, cause: 'disconnect', detail: 'cut', noticedAt: 2_000, from: mark('a', 5) };
  expect(continuity.settle([symbol])).toEqual([told]);
  expect(continuity.settle([symbol])).toEqual([]);
  expect(continuity.accept(trade('b', 9))).toEqual([{ ...told, to: mark('b', 9) }]);
});

test('two interruptions without a trade between them are two gaps', () => {
  const continuity = started();
  for (const at of [2_000, 3_000]) {
    continuity.interrupt([symbol], 'disconnect', 'cut', at);
    continuity.resume([symbol]);
  }
  expect(continuity.accept(trade(14)).map(({ noticedAt }) => noticedAt)).toEqual([2_000, 3_000]);
});

test('the time before the start is an interruption, from the cursor on or from where only the archive knows', () => {
  const cursors = new Map([[symbol, mark(10)]]);
  const next = new Continuity('ids');
  next.begin([symbol], cursors);
  expect(next.accept(trade(11))).toMatchObject([{ cause: 'crash', from: mark(10), to: mark(11) }]);
  const stopped = new Continuity('ids');
  stopped.begin([symbol], { get: () => mark(10), wasStopped: true });
  expect(stopped.accept(trade(11))).toMatchObject([{ cause: 'restart', from: mark(10), to: mark(11) }]);
  const first = new Continuity('ids');
  first.begin([symbol], new Map());
  const [gap] = first.accept(trade(11));
  expect(gap).toMatchObject({ cause: 'redis', to: mark(11) });
  expect(gap).not.toHaveProperty('from');
});
