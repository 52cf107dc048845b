import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Gap } from '../shared/domain/gap.ts';
import { RejectError, RetryError } from '../shared/errors.ts';
import { createLog } from '../shared/log.ts';
import { Shipment } from './batcher.ts';
import { Dispatch } from './dispatch.ts';
import type { Parcel } from './parcel.ts';
import { Spool } from './spool.ts';

/** Queues that can be away, and what they took. */
const AT = 1_790_000_000_000;
const log = createLog('test', 'fatal');
let folder: string;
let spool: Spool<Parcel>;
let dispatch: Dispatch;
let away: boolean;
let taken: string[];
let leftOut: string[];

const start = async (maxBytes = 1e6) => {
  spool = await Spool.open<Parcel>({ folder, name: 'sim', maxBytes });
  dispatch = new Dispatch({ deliver, spool, log, onLeftOut });
};
const idOf = ({ spans }: Parcel) => spans[0]?.[1].last.id as string;
const onLeftOut = (parcel: Parcel) => void leftOut.push(idOf(parcel));
const deliver = async (parcel: Parcel) => {
  if (away) throw new RetryError('the queues are away');
  const id = idOf(parcel);
  if (id === 'bad') throw new RejectError('no queue takes this');
  taken.push(id);
};

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-dispatch-'));
  [away, taken, leftOut] = [false, [], []];
  await start();
});
afterEach(async () => {
  await dispatch.close();
  rmSync(folder, { recursive: true });
});

function shipment(id: string): Shipment {
  const made = new Shipment('sim', 'live');
  made.trade({
    type: 'trade',
    venue: 'sim',
    symbol: 'BTC/USDT',
    id,
    price: '1',
    size: '1',
    side: 'buy',
    ts: AT,
    receivedAt: AT,
  });
  return made;
}

test('what the queues take never touches the disk', async () => {
  await dispatch.send(shipment('1'));
  expect([taken, spool.bytes]).toEqual([['1'], 0]);
});

test('while the queues are away batches wait on disk, and nobody overtakes them when they are back', async () => {
  away = true;
  for (const id of ['1', '2', '3']) await dispatch.send(shipment(id));
  expect(spool.bytes).toBeGreaterThan(0);
  away = false;
  await dispatch.send(shipment('4'));
  expect(await dispatch.drained(5_000)).toBe(true);
  await dispatch.send(shipment('5'));
  expect(taken).toEqual(['1', '2', '3', '4', '5']);
});

test('gaps and where its trades end travel with their batch, over the disk and over a restart', async () => {
  away = true;
  const [from, to] = [
    { id: '4', ts: AT - 9 },
    { id: '10', ts: AT },
  ];
  const lost: Gap = { symbol: 'BTC/USDT', cause: 'disconnect', detail: 'cut', noticedAt: AT, from, to };
  const late = shipment('10');
  late.gaps.push(lost);
  await dispatch.send(late);
  await dispatch.close();
  const parcels: Parcel[] = [];
  spool = await Spool.open<Parcel>({ folder, name: 'sim', maxBytes: 1e6 });
  dispatch = new Dispatch({ deliver: async (parcel) => void parcels.push(parcel), spool, log, onLeftOut });
  dispatch.drain();
  expect(await dispatch.drained(5_000)).toBe(true);
  expect(parcels).toEqual([
    { batch: late.build(), gaps: [lost], spans: [['BTC/USDT', { first: to, last: to }]] },
  ]);
});

test('when the spool is full as well, the shipment stays with the sender; what waits is still delivered', async () => {
  await dispatch.close();
  await start(JSON.stringify(shipment('1').seal()).length + 1);
  away = true;
  await dispatch.send(shipment('1'));
  await expect(dispatch.send(shipment('2'))).rejects.toThrow('SPOOL_MAX_MB');
  away = false;
  expect(await dispatch.drained(5_000)).toBe(true);
  expect(taken).toEqual(['1']);
});

test('a batch that no queue may take is told, and does not hold up the others', async () => {
  away = true;
  for (const id of ['1', 'bad', '2']) await dispatch.send(shipment(id));
  away = false;
  expect(await dispatch.drained(5_000)).toBe(true);
  await dispatch.send(shipment('bad'));
  expect([taken, leftOut]).toEqual([
    ['1', '2'],
    ['bad', 'bad'],
  ]);
});
