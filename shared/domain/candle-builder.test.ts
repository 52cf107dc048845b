import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { CandleBuilder, type TradeFacts } from './candle-builder.ts';

const START = Date.UTC(2026, 0, 1);
const trade = (id: number, seconds: number, price: string, size = '1'): TradeFacts => ({
  ...{ id: String(id), price, size },
  ts: START + seconds * 1_000,
});

function build(trades: readonly TradeFacts[]) {
  const builder = new CandleBuilder('1m');
  for (const each of trades) builder.add(each);
  return builder.build();
}

describe('candles from trades', () => {
  test('open with the first trade of the minute and close with the last; empty minutes are left out', () => {
    const trades = [trade(1, 0, '5'), trade(2, 30, '9'), trade(3, 59.999, '7'), trade(4, 180, '8')];
    expect(build(trades)).toEqual([
      { ts: START, open: '5', high: '9', low: '5', close: '7', volume: '3' },
      { ts: START + 180_000, open: '8', high: '8', low: '8', close: '8', volume: '1' },
    ]);
  });

  test('are exact to the last digit', () => {
    const trades = [
      trade(1, 0, '1.00000000000000000001', '0.1'),
      trade(2, 1, '1.00000000000000000002', '0.2'),
      trade(3, 2, '1', '0.00000000000000000003'),
    ];
    expect(build(trades)).toEqual([
      {
        ...{
          ts: START,
          open: '1.00000000000000000001',
          high: '1.00000000000000000002',
          low: '1',
          close: '1',
        },
        volume: '0.30000000000000000003',
      },
    ]);
  });

  test('put trades of one millisecond in the order of their ids, or of arrival where ids are no numbers', () => {
    expect(build([trade(2, 1, '2'), trade(3, 1, '3'), trade(1, 1, '1')])).toMatchObject([
      { open: '1', close: '3' },
    ]);
    const named = [trade(0, 1, '2'), trade(0, 1, '3')].map((each, i) => ({ ...each, id: `x${i}` }));
    expect(build(named)).toMatchObject([{ open: '2', close: '3' }]);
  });

  test('are the same in whatever order the trades come, and however often', () => {
    const some = fc.uniqueArray(
      fc.record({ id: fc.nat(500), seconds: fc.nat(300), price: fc.integer({ min: 1, max: 50 }) }),
      { selector: ({ id }) => id, minLength: 1 },
    );
    const shuffled = some.chain((list) =>
      fc.tuple(fc.constant(list), fc.shuffledSubarray([...list, ...list], { minLength: list.length * 2 })),
    );
    fc.assert(
      fc.property(shuffled, ([list, mixed]) => {
        const facts = (each: (typeof list)[number]) => trade(each.id, each.seconds, `${each.price}.5`, '0.1');
        expect(build(mixed.map(facts))).toEqual(build(list.map(facts)));
      }),
    );
  });
});
