import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { RejectError } from '../errors.ts';
import { parseLists } from './wire-lists.ts';

describe('lists of the wire', () => {
  test('keep every number as it was written', () => {
    expect(parseLists('[10,"te",[-0.10,1e-7,null,[]],7.00000000000000000001,true]')).toEqual([
      '10',
      'te',
      ['-0.10', '1e-7', null, []],
      '7.00000000000000000001',
      true,
    ]);
  });

  test.each([
    '',
    '[',
    '[1',
    '[1,]',
    '[,1]',
    '[1]]',
    '[1] 2',
    '{}',
    '[{}]',
    '["a',
    '["\\u0031"]',
    '[nul]',
    '[1 2]',
  ])('are not %s', (text) => {
    expect(() => parseLists(text)).toThrow(RejectError);
  });

  test('are not nested without end, nor words over several lines', () => {
    expect(() => parseLists(`${'['.repeat(100_000)}${']'.repeat(100_000)}`)).toThrow(RejectError);
    expect(() => parseLists('["a\nb"]')).toThrow(RejectError);
  });

  test('are what JSON.parse makes of them, numbers apart', () => {
    const word = fc.string({ unit: fc.constantFrom(...'abcdefgh ,[]:-') });
    const leaf = fc.oneof(
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      word,
      fc.constant(null),
      fc.boolean(),
    );
    const { list } = fc.letrec((tie) => ({
      list: fc.array(fc.oneof({ maxDepth: 4 }, leaf, tie('list')), { maxLength: 6 }),
    }));
    const spelled = (value: unknown): unknown =>
      Array.isArray(value) ? value.map(spelled) : typeof value === 'number' ? JSON.stringify(value) : value;
    fc.assert(
      fc.property(list, fc.constantFrom(0, 2), (value, indent) => {
        expect(parseLists(JSON.stringify(value, null, indent))).toEqual(spelled(value));
      }),
    );
  });
});
