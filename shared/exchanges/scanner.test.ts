import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { canonicalDecimal } from '../domain/decimal.ts';
import { Scanner } from './scanner.ts';
import { Spellings } from './spellings.ts';

const NOW = 1_790_000_000_000;

/** What `read` makes of a text, or undefined where the scan failed or did not reach the end. */
function scan<T>(text: string, read: (scanner: Scanner) => T, numbers?: 'quoted' | 'bare'): T | undefined {
  const scanner = new Scanner({ ...(numbers && { numbers }) });
  scanner.begin(text);
  const value = read(scanner);
  return scanner.done ? value : undefined;
}

describe('the scanner', () => {
  test.each([
    ['0.02000000', '0.02'],
    ['61837', '61837'],
    ['100', '100'],
    ['0', '0'],
    ['0.0', '0'],
    ['9', '9'],
    ['123456789.123456789', '123456789.123456789'],
  ])(
    'reads the number %s as %s, bare or quoted as the venue writes it and no other way',
    (wire, canonical) => {
      expect(scan(wire, (s) => s.size(), 'bare')).toBe(canonical);
      expect(scan(`"${wire}"`, (s) => s.size())).toBe(canonical);
      expect(scan(wire, (s) => s.size())).toBeUndefined();
      expect(scan(`"${wire}"`, (s) => s.size(), 'bare')).toBeUndefined();
    },
  );

  test.each(['', '-1', '1.', '.5', '1.2.3', '1e5', '+1', 'NaN', '"1', '1"', '""', '007', '1'.repeat(33)])(
    'leaves %j, which is no clean number, to the long way',
    (wire) => expect(scan(wire, (s) => s.size(), 'bare')).toBeUndefined(),
  );

  test('a quoted number is what canonicalDecimal makes of it, or none', () => {
    const text = fc.string({ unit: fc.constantFrom(...'0019.-e'), maxLength: 12 });
    fc.assert(
      fc.property(text, (wire) => {
        const scanned = scan(`"${wire}"`, (s) => s.size());
        if (scanned !== undefined) expect(scanned).toBe(canonicalDecimal(wire));
      }),
      { numRuns: 2_000 },
    );
  });

  test('a price is above zero', () => {
    expect(scan('"0.00"', (s) => s.price())).toBeUndefined();
    expect(scan('"0.01"', (s) => s.price())).toBe('0.01');
  });

  test('knows how many digits were written behind the point', () => {
    expect(scan('0.00100000', (s) => [s.size(), s.decimals], 'bare')).toEqual(['0.001', 8]);
    expect(scan('5', (s) => [s.size(), s.decimals], 'bare')).toEqual(['5', 0]);
  });

  test('reads nanoseconds of 19 digits, cut to the millisecond, and no others', () => {
    const read = (text: string) => scan(text, (s) => s.nanoseconds(NOW));
    expect(read('1768802538480999999')).toBe(1_768_802_538_480);
    const wrong = ['1768802538480', '17688025384809999990', '176880253848099999x', 'x768802538480999999', ''];
    for (const text of wrong) expect(read(text)).toBeUndefined();
  });

  test.each(['2023-09-25T07:49:37.708706Z', '2023-09-25T07:49:37Z', '2024-02-29T23:59:59.999Z'])(
    'reads the time %s, cut to the millisecond',
    (time) => expect(scan(`${time}"`, (s) => s.rfc3339(NOW))).toBe(Date.parse(time)),
  );

  test.each([
    '2023-09-25 07:49:37Z',
    '2023-09-25T07:49:60Z',
    '2023-09-25T07:4x:37Z',
    '2023-09-25T07:49:37+00:00',
    'xxxx-09-25T07:49:37Z',
    '1999-09-25T07:49:37Z',
    '2999-09-25T07:49:37Z',
    '',
  ])('leaves %j, which is no plausible time, to the long way, and reads the next', (time) => {
    const scanner = new Scanner();
    for (const [text, expected] of [
      [`${time}"`, false],
      ['2023-09-25T07:49:37.708Z"', true],
    ] as const) {
      scanner.begin(text);
      scanner.rfc3339(NOW);
      expect(scanner.done).toBe(expected);
    }
  });

  test('reads levels of two and of more fields', () => {
    expect(scan('[]', (s) => s.levels())).toEqual([]);
    expect(scan('[["1.10","2.0"],["1","0.00"]]', (s) => s.levels())).toEqual([
      ['1.1', '2'],
      ['1', '0'],
    ]);
    expect(scan('[["1","2","0","4"]]', (s) => s.levels())).toEqual([['1', '2']]);
    for (const broken of ['[["1"]]', '[["1","2"]', '[["1","2"],]', '[["0","2"]]', '[["1","2" ]]', '[[]]']) {
      expect(scan(broken, (s) => s.levels())).toBeUndefined();
    }
  });

  test('knows the texts it was told, and no part of them', () => {
    const known = new Spellings([
      ['BTC', 1],
      ['BTCUSDT', 2],
    ]);
    for (const [text, meaning] of [
      ['BTC"', 1],
      ['BTCUSDT"', 2],
      ['BTC"', 1],
      ['BTCU"', undefined],
      ['BTC', undefined],
      ['"', undefined],
    ] as const) {
      expect(scan(text, (s) => s.oneOf(known))).toBe(meaning);
    }
  });

  test('what failed stays failed', () => {
    const scanner = new Scanner();
    scanner.begin('{"a":1}');
    scanner.expect('{"b":');
    scanner.expect('{"a":');
    scanner.count();
    scanner.size();
    scanner.levels();
    scanner.skipNumber();
    scanner.rfc3339(NOW);
    scanner.oneOf(new Spellings([['', 1]]));
    scanner.digits(5);
    expect(scanner.done).toBe(false);
    scanner.begin('{"a":1}');
    scanner.expect('{"a":');
    expect(scanner.count()).toBe(1);
    expect(scanner.written).toBe('1');
    scanner.expect('}');
    expect(scanner.done).toBe(true);
  });
});
