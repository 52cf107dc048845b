import { expect, test } from '@jest/globals';
import { Lane } from './lane.ts';

class Numbers {
  readonly values: number[] = [];
  get count() {
    return this.values.length;
  }
}

function lane(send: (batch: Numbers) => Promise<void>, limits: { maxEvents: number; maxMs: number }) {
  const troubles: unknown[] = [];
  const made = new Lane<Numbers>({
    create: () => new Numbers(),
    send,
    onTrouble: (error) => troubles.push(error),
    onRecovered: () => troubles.push('recovered'),
    ...limits,
  });
  const add = (value: number) => {
    made.open.values.push(value);
    made.added();
  };
  return { lane: made, add, troubles };
}

test('a batch leaves when it is full, without waiting for the timer', async () => {
  const sent: number[][] = [];
  const { lane: made, add } = lane(async (batch) => void sent.push(batch.values), {
    maxEvents: 3,
    maxMs: 60_000,
  });
  for (const value of [1, 2, 3, 4]) add(value);
  expect(sent).toEqual([[1, 2, 3]]);
  await made.drain(1_000);
  expect(sent).toEqual([[1, 2, 3], [4]]);
});

test('while a batch is in flight what comes waits in fuller batches, and the order is kept', async () => {
  const sent: number[][] = [];
  let release = () => {};
  const send = (batch: Numbers) => {
    sent.push(batch.values);
    return new Promise<void>((resolve) => {
      release = resolve;
    });
  };
  const { lane: made, add } = lane(send, { maxEvents: 2, maxMs: 60_000 });
  for (let value = 1; value <= 7; value++) add(value);
  expect(sent).toEqual([[1, 2]]);
  expect(made.events).toBe(7);
  release();
  const drained = made.drain(1_000);
  await Promise.resolve();
  const releasing = setInterval(() => release(), 1);
  expect(await drained).toBe(0);
  clearInterval(releasing);
  expect(sent).toEqual([
    [1, 2],
    [3, 4, 5, 6, 7],
  ]);
});

test('a batch that fails is tried again before the next one, and trouble is told once', async () => {
  const sent: number[][] = [];
  let failures = 2;
  const send = async (batch: Numbers) => {
    if (failures-- > 0) throw new Error('no queue');
    sent.push(batch.values);
  };
  const { lane: made, add, troubles } = lane(send, { maxEvents: 1, maxMs: 60_000 });
  for (const value of [1, 2, 3]) add(value);
  expect(await made.drain(5_000)).toBe(0);
  expect(sent.flat()).toEqual([1, 2, 3]);
  expect(troubles).toEqual([new Error('no queue'), 'recovered']);
});

test('a drain that takes too long says how many events are left', async () => {
  const { lane: made, add } = lane(() => Promise.reject(new Error('no queue')), { maxEvents: 2, maxMs: 1 });
  for (const value of [1, 2, 3]) add(value);
  expect(await made.drain(50)).toBe(3);
});

test('while the workers are behind a full batch waits for its time, up to four times as full', async () => {
  const sent: number[][] = [];
  const { lane: made, add } = lane(async (batch) => void sent.push(batch.values), {
    maxEvents: 2,
    maxMs: 60_000,
  });
  made.press(true);
  for (let value = 1; value <= 8; value++) add(value);
  expect(sent).toEqual([[1, 2, 3, 4, 5, 6, 7, 8]]);
  await made.drain(1_000);
  made.press(false);
});

test('each word of a backlog doubles how long a batch may wait; after as many of none a full one leaves at once', async () => {
  const sent: number[][] = [];
  const { lane: made, add } = lane(async (batch) => void sent.push(batch.values), {
    maxEvents: 2,
    maxMs: 20,
  });
  for (let word = 0; word < 4; word++) made.press(true);
  const startedAt = performance.now();
  add(1);
  while (sent.length === 0) await new Promise((resolve) => setTimeout(resolve, 2));
  expect(performance.now() - startedAt).toBeGreaterThan(300);
  for (let word = 0; word < 4; word++) made.press(false);
  for (const value of [2, 3]) add(value);
  expect(sent).toEqual([[1], [2, 3]]);
});
