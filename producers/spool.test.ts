import { appendFileSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { Spool, type SpoolOptions } from './spool.ts';

let folder: string;
let unreadable: string[];
let opened: Spool<number>[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-spool-'));
  unreadable = [];
  opened = [];
});
afterEach(async () => {
  for (const spool of opened) await spool.close();
  rmSync(folder, { recursive: true });
});

async function openSpool(options: Partial<SpoolOptions> = {}): Promise<Spool<number>> {
  const onUnreadable = (where: string) => unreadable.push(where);
  const spool = await Spool.open<number>({ folder, name: 'sim', maxBytes: 1e6, onUnreadable, ...options });
  opened.push(spool);
  return spool;
}

async function takeAll(spool: Spool<number>): Promise<number[]> {
  const taken: number[] = [];
  for await (const record of spool.take()) taken.push(record);
  return taken;
}

const files = (of = 'sim') => readdirSync(join(folder, of)).filter((name) => name !== 'lock');

test('what was put in comes out in order, also what is put in meanwhile, and leaves no file behind', async () => {
  const spool = await openSpool();
  expect(spool.isEmpty).toBe(true);
  await Promise.all([1, 2, 3].map((record) => spool.append(record)));
  const taken: number[] = [];
  for await (const record of spool.take()) {
    taken.push(record);
    if (record < 3) await spool.append(record + 10);
  }
  expect(taken).toEqual([1, 2, 3, 11, 12]);
  expect([spool.isEmpty, spool.bytes, files()]).toEqual([true, 0, []]);
});

test('whoever leaves early finds the rest again', async () => {
  const spool = await openSpool();
  for (const record of [1, 2, 3]) await spool.append(record);
  for await (const record of spool.take()) if (record === 2) break;
  expect(await takeAll(spool)).toEqual([1, 2, 3]);
});

test('the next process finds what the last one left, and goes on behind it', async () => {
  const first = await openSpool();
  for (const record of [1, 2]) await first.append(record);
  await first.close();
  const second = await openSpool();
  expect(second.isEmpty).toBe(false);
  await second.append(3);
  expect(await takeAll(second)).toEqual([1, 2, 3]);
});

test('a record that a crash cut short is told and left out; those before and after it come', async () => {
  const first = await openSpool();
  await first.append(1);
  await first.close();
  appendFileSync(join(folder, 'sim', files()[0] as string), '{"batch":{"ven');
  const second = await openSpool();
  await second.append(2);
  expect(await takeAll(second)).toEqual([1, 2]);
  expect(unreadable).toHaveLength(1);
});

test('a file that the disk has lost is told, and those behind it come', async () => {
  const first = await openSpool();
  await first.append(1);
  await first.close();
  const second = await openSpool();
  await second.append(2);
  rmSync(join(folder, 'sim', files()[0] as string));
  expect(await takeAll(second)).toEqual([2]);
  expect([unreadable.length, second.isEmpty, second.bytes]).toEqual([1, true, 0]);
});

test('a full spool says so, keeps what it has and takes again when there is room', async () => {
  const spool = await openSpool({ maxBytes: 4 });
  expect([await spool.append(1), await spool.append(2), await spool.append(3)]).toEqual([true, true, false]);
  expect(await takeAll(spool)).toEqual([1, 2]);
  expect(await spool.append(3)).toBe(true);
});

test('a file is removed as soon as all of it was taken', async () => {
  const spool = await openSpool();
  await spool.append(1);
  for await (const record of spool.take()) {
    if (record === 1) await spool.append(2);
    else expect(files()).toHaveLength(1);
  }
});

test('a spool that another process holds is left to it; one whose holder is dead is taken over', async () => {
  const first = await openSpool();
  await first.append(1);
  const beside = await openSpool();
  expect(beside.isEmpty).toBe(true);
  await beside.append(2);
  expect(readdirSync(folder).sort()).toEqual(['sim', 'sim.2']);
  await first.close();
  writeFileSync(join(folder, 'sim', 'lock'), '4194305 1');
  expect(await takeAll(await openSpool())).toEqual([1]);
});

test('a disk that can take nothing is an error, and the same record can be tried again', async () => {
  const spool = await openSpool();
  rmSync(join(folder, 'sim'), { recursive: true });
  await expect(spool.append(1)).rejects.toThrow('ENOENT');
  expect(spool.isEmpty).toBe(true);
});
