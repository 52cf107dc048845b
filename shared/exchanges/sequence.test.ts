import { expect, test } from '@jest/globals';
import { Sequence } from './sequence.ts';

const START = 1_767_614_402_000;

/** Takes frames with these numbers, a millisecond apart; the kind of each. */
function read(sequence: Sequence, numbers: readonly number[], ts = START): string[] {
  return numbers.map((number, index) => {
    const place = sequence.locate(number, ts + index);
    sequence.take(place, number, ts + index);
    return place.kind;
  });
}

test('tells what is missing, what comes late and what comes again', () => {
  const kinds = read(new Sequence(), [1, 2, 5, 6, 3]);
  expect(kinds).toEqual(['next', 'next', 'gap', 'next', 'late']);
  const sequence = new Sequence();
  read(sequence, [1, 2, 3]);
  expect(sequence.locate(2, START)).toMatchObject({ kind: 'repeated' });
});

test('a lower number with a later time is a row that begins anew, and goes on from there', () => {
  expect(read(new Sequence(), [7, 8, 1, 2, 3])).toEqual(['next', 'next', 'gap', 'next', 'next']);
});

test('numbers that are nonsense, however often, cost a gap each and neither time nor exactness', () => {
  const sequence = new Sequence();
  read(sequence, [1, 2, 3]);
  for (let turn = 1; turn < 50; turn++) {
    const numbers = [9e15, 10, 11, Number.MAX_SAFE_INTEGER, 12, 13];
    expect(read(sequence, numbers, START + 1_000 * turn)).toEqual([
      'gap',
      'gap',
      'next',
      'gap',
      'gap',
      'next',
    ]);
  }
  expect(sequence.locate(1, START + 1e6).last).toBeLessThan(1_000);
});
