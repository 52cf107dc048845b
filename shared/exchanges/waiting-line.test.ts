import { expect, test } from '@jest/globals';
import { WaitingLine } from './waiting-line.ts';

const until = async (condition: () => boolean) => {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
};

/** Everyone in the order of their turns. */
function serve(line: WaitingLine<string>): string[] {
  const served: string[] = [];
  for (let next = line.next; next !== undefined; next = line.next) {
    served.push(next);
    line.leave(next);
  }
  return served;
}

test('those who can wait come behind all others, each kind in the order of asking', () => {
  const line = new WaitingLine<string>();
  line.join('candles', { canWait: true });
  line.join('gap');
  line.join('more candles', { canWait: true });
  line.join('next gap');
  expect(line.length).toBe(4);
  expect(serve(line)).toEqual(['gap', 'next gap', 'candles', 'more candles']);
});

test('who has let others pass for long enough is served as they are, however many come', async () => {
  const line = new WaitingLine<string>({ longestMs: 200 });
  line.join('candles', { canWait: true });
  line.join('gap');
  expect(line.next).toBe('gap');
  await until(() => line.next === 'candles');
  line.join('more candles', { canWait: true });
  expect(serve(line)).toEqual(['candles', 'gap', 'more candles']);
});
