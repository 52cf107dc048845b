import { join } from 'node:path';
import { now } from '../shared/clock.ts';
import { messageOf } from '../shared/errors.ts';
import { Batcher } from './batcher.ts';
import type { Cursors } from './cursors.ts';
import { Dispatch } from './dispatch.ts';
import type { Parcel } from './parcel.ts';
import type { Kit } from './producer.ts';
import { Sender } from './sender.ts';
import { Spool } from './spool.ts';

/** How long the end of a producer may take to empty what it holds. */
const DRAIN_MS = 6_000;
/** How long a start waits for what an earlier producer left on disk. */
const LEFTOVERS_MS = 10_000;
const MB = 1024 * 1024;

export interface Outlet {
  batcher: Batcher;
  sender: Sender;
  /** What waits on disk. */
  readonly spooledBytes: number;
}

/**
 * The way of events to the archive: batcher → queues, and over the spool on disk while the queues can't take them.
 * What an earlier producer left in the spool goes first. `onLost` is told when Redis has lost what was on it.
 */
export async function openOutlet(kit: Kit, cursors: Cursors, onLost: () => void): Promise<Outlet> {
  const { name, entry, symbols, config, log, releasers, queues, metrics } = kit;
  const spool = await Spool.open<Parcel>({
    folder: join(config.MILLRACE_HOME, 'spool'),
    name: entry.name,
    maxBytes: config.SPOOL_MAX_MB * MB,
    onUnreadable: (where) => {
      log.error({ where }, 'a spooled batch could not be read: its trades are asked for');
      cursors.doubt();
    },
  });
  const sender = new Sender({
    venue: name,
    queues,
    cursors,
    metrics,
    log,
    maxJobs: config.QUEUE_MAX_BATCHES,
    onBacklog: (shardKey, areBehind) => batcher.press(shardKey, areBehind),
    onLost,
  });
  const dispatch = new Dispatch({
    deliver: (parcel) => sender.send(parcel),
    spool,
    log,
    onLeftOut: ({ spans }) => cursors.doubt(spans.map(([symbol]) => symbol)),
    onBytes: (bytes) => metrics.spoolBytes.set({ venue: name }, bytes),
  });
  releasers.push('spool', () => dispatch.close());
  const batcher = new Batcher({
    venue: name,
    source: 'live',
    shards: config.SHARDS,
    maxEvents: config.BATCH_MAX_EVENTS,
    maxMs: config.BATCH_MAX_MS,
    send: (shipment) => dispatch.send(shipment),
    onTrouble: (error) => log.warn({ reason: messageOf(error) }, 'batches wait in memory'),
    onRecovered: () => log.info('batches leave memory again'),
  });
  releasers.push('batches', async () => {
    const left = await batcher.drain(DRAIN_MS);
    if (left > 0) log.warn({ events: left }, 'not sent before the end; the next start asks for them');
  });
  if (!spool.isEmpty) {
    log.info({ bytes: spool.bytes }, 'an earlier producer left events in the spool');
    const emptied = symbols.filter((symbol) => !cursors.get(symbol));
    const detail = 'Redis was emptied while no producer was running';
    for (const symbol of emptied) await sender.tell({ symbol, cause: 'redis', detail, noticedAt: now() });
    dispatch.drain();
    await dispatch.drained(LEFTOVERS_MS);
  }
  return {
    batcher,
    sender,
    get spooledBytes() {
      return spool.bytes;
    },
  };
}
