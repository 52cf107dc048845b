import { expect, test } from '@jest/globals';
import { InFlight } from './in-flight.ts';

/** Work that ends when it is told to. */
function steps() {
  const begun: string[] = [];
  const ends = new Map<string, (error?: Error) => void>();
  const work = (name: string) => () =>
    new Promise<string>((resolve, reject) => {
      begun.push(name);
      ends.set(name, (error) => (error ? reject(error) : resolve(name)));
    });
  return { begun, work, end: (name: string, error?: Error) => ends.get(name)?.(error) };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

test('no more is under way than may be, in the order of asking, and what failed makes room too', async () => {
  const { begun, work, end } = steps();
  const inFlight = new InFlight(100);
  const a = inFlight.run(60, work('a'));
  const b = inFlight.run(40, work('b'));
  const c = inFlight.run(50, work('c'));
  const d = inFlight.run(10, work('d'));
  await settled();
  expect(begun).toEqual(['a', 'b']);
  end('b', new Error('refused'));
  await expect(b).rejects.toThrow('refused');
  await settled();
  expect(begun).toEqual(['a', 'b']);
  end('a');
  expect(await a).toBe('a');
  await settled();
  expect(begun).toEqual(['a', 'b', 'c', 'd']);
  end('c');
  end('d');
  expect(await Promise.all([c, d])).toEqual(['c', 'd']);
});

test('what weighs more than all goes alone', async () => {
  const { begun, work, end } = steps();
  const inFlight = new InFlight(100);
  const heavy = inFlight.run(250, work('heavy'));
  const light = inFlight.run(1, work('light'));
  await settled();
  expect(begun).toEqual(['heavy']);
  end('heavy');
  await heavy;
  await settled();
  end('light');
  expect(await light).toBe('light');
});

test('who can wait begins behind all others', async () => {
  const { begun, work, end } = steps();
  const inFlight = new InFlight(100);
  const first = inFlight.run(100, work('first'));
  const candles = inFlight.run(10, work('candles'), { canWait: true });
  const gap = inFlight.run(95, work('gap'));
  await settled();
  end('first');
  await first;
  await settled();
  expect(begun).toEqual(['first', 'gap']);
  end('gap');
  await gap;
  await settled();
  end('candles');
  expect(await candles).toBe('candles');
});
