import type { Random } from './random.ts';

const ABSURD: unknown[] = [
  null,
  '1e999',
  '-1',
  -1,
  1e308,
  '',
  [],
  {},
  true,
  'NaN',
  '__proto__',
  9e15,
  '0x10',
];

/** Texts that no venue sends; the largest is 10 MB and comes once in a hundred. */
const SHAPES: ((random: Random) => string)[] = [
  () => '',
  () => '{"price":NaN}',
  () => '{"price":1e999}',
  () => '[1,2,3]',
  () => '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}',
  () => `${'['.repeat(100_000)}${']'.repeat(100_000)}`,
  (random) => '\u0000\ud800{"x":'.repeat(1 + Math.floor(20 * random.next())),
];
const HUGE = () => `{"x":"${'x'.repeat(10_000_000)}"}`;

/**
 * `count` frames that must be refused or ignored: texts that are no frames at all, and real ones (`sample` gives one
 * each time) that are cut anywhere or have a value of another kind in place of one of theirs.
 */
export function* malformedFrames(
  sample: () => string | undefined,
  count: number,
  random: Random,
): Generator<string> {
  for (let index = 0; index < count; index++) {
    const frame = sample();
    if (index % 100 === 50) yield HUGE();
    else if (!frame || index % 10 === 0) yield pick(SHAPES, random)(random);
    else if (index % 3 === 0) yield frame.slice(0, Math.floor(random.next() * frame.length));
    else yield tamper(frame, random);
  }
}

/** Puts an absurd value in place of any value of a JSON text. */
function tamper(sample: string, random: Random): string {
  const values = [
    ...sample.matchAll(/(?<=[:,[]\s*)("(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*|true|false|null)(?=\s*[,}\]])/g),
  ];
  const place = values[Math.floor(random.next() * values.length)];
  if (!place) return `${sample}}`;
  const value = JSON.stringify(pick(ABSURD, random));
  const tampered = sample.slice(0, place.index) + value + sample.slice(place.index + place[0].length);
  return tampered === sample ? `${sample}}` : tampered;
}

export const pick = <T>(list: readonly T[], random: Random): T =>
  list[Math.floor(random.next() * list.length)] as T;
