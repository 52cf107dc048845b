import { once } from 'node:events';
import { type Job, Queue, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { WebSocket } from 'ws';
import { createSql } from '../../shared/db/client.ts';
import { ensureInstruments } from '../../shared/db/instruments.ts';

/**
 * The reference: one BullMQ job an event, as most would write it, and not slowed down on purpose. Adds are pipelined,
 * fifty jobs run at a time, each inserts its row with the same deduplication.
 *
 * `node one-job.js producer|worker`, forked with a message channel; the first message is what it needs to know.
 */
export interface OneJobSettings {
  redisUrl: string;
  databaseUrl: string;
  prefix: string;
  streamUrl: string;
  symbols: string[];
}

const QUEUE = 'one-job';
const ADDS_IN_FLIGHT = 1_000;
const MOST_WAITING = 5_000;
const CONCURRENCY = 50;

interface Frame {
  data: { s: string; t: number; p: string; q: string; T: number; m: boolean };
}

async function produce({ redisUrl, prefix, streamUrl }: OneJobSettings): Promise<void> {
  const queue = new Queue(QUEUE, { connection: new Redis(redisUrl, { maxRetriesPerRequest: null }), prefix });
  const ws = new WebSocket(streamUrl, { perMessageDeflate: false });
  let inFlight = 0;
  let waiting = 0;
  const flow = () => (inFlight >= ADDS_IN_FLIGHT || waiting >= MOST_WAITING ? ws.pause() : ws.resume());
  setInterval(async () => {
    waiting = await queue.getWaitingCount();
    flow();
  }, 100);
  ws.on('open', () => ws.send('{"method":"SUBSCRIBE","params":[],"id":1}'));
  ws.on('message', (data) => {
    const { data: raw } = JSON.parse(String(data)) as Partial<Frame>;
    if (!raw) return;
    inFlight++;
    flow();
    const side = raw.m ? 'sell' : 'buy';
    const event = { symbol: raw.s, id: String(raw.t), price: raw.p, size: raw.q, ts: raw.T, side };
    void queue.add('trade', event, { removeOnComplete: true }).finally(() => {
      inFlight--;
      flow();
    });
  });
  await new Promise((resolve) => ws.once('open', resolve));
}

async function consume({ redisUrl, databaseUrl, prefix, symbols }: OneJobSettings): Promise<void> {
  const sql = createSql(databaseUrl, { name: 'one job', max: 10 });
  const ids = await ensureInstruments(sql, 'sim', symbols);
  const instruments = new Map(
    symbols.map((symbol, index) => [symbol.replace('/', ''), ids[index] as number]),
  );
  await sql`SELECT ensure_partition('trades', now())`;
  const connection = new Redis(redisUrl, { maxRetriesPerRequest: null });
  const insert = async ({ data: { symbol, id, price, size, ts, side } }: Job) => {
    await sql`INSERT INTO trades (instrument_id, ts, trade_id, price, size, side)
      VALUES (${instruments.get(symbol) as number}, ${ts}, ${id}, ${price}, ${size}, ${side}) ON CONFLICT DO NOTHING`;
  };
  await new Worker(QUEUE, insert, { connection, prefix, concurrency: CONCURRENCY }).waitUntilReady();
}

if (process.argv[1] === import.meta.filename) {
  process.on('disconnect', () => process.exit());
  const [settings] = (await once(process, 'message')) as [OneJobSettings];
  await (process.argv[2] === 'producer' ? produce(settings) : consume(settings));
  process.send?.({ ready: true });
}
