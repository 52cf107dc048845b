import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import { saveAutopilot } from '../../shared/db/autopilots.ts';
import { addBalance, saveBalance } from '../../shared/db/balances.ts';
import type { Sql } from '../../shared/db/client.ts';
import { addDecision } from '../../shared/db/decisions.ts';
import { acquireLease, withLease } from '../../shared/db/leases.ts';
import { addMarketFacts } from '../../shared/db/market.ts';
import { addIntent, saveOrderOutcome } from '../../shared/db/orders.ts';
import { addMail } from '../../shared/db/outbox.ts';
import { saveHolding } from '../../shared/db/positions.ts';
import { saveReport } from '../../shared/db/reports.ts';
import { addSignals } from '../../shared/db/signals.ts';
import type { FlowFacts } from '../../shared/domain/order-flow.ts';
import { type FeedStatus, startHeartbeat } from '../../shared/queue/heartbeat.ts';

const CANDLES = 600;
const MARKET = { venue: 'sim', symbol: 'BTC/USDT', interval: '1s' } as const;

/** Order-flow facts of a book with more bids than asks. */
const FLOW: FlowFacts = {
  spreadBp: 0.32,
  imbalance: 0.25,
  bidConcentration: 0.14,
  askConcentration: 0.2,
  depthBp: 10,
  bidDepth: 12.5,
  askDepth: 9.75,
  notional: 10_000,
  buySlippageBp: 0.21,
  sellSlippageBp: null,
  buyVolume: 1.5,
  sellVolume: 0.5,
};

/** What a page has to show: ten minutes of candles, two signals, a filled order, a position, a report, living processes. */
export async function addScene(sql: Sql): Promise<{ orderId: string }> {
  await addCandles(sql);
  const now = Math.floor(Date.now() / 1000) * 1000;
  const signal = {
    ...MARKET,
    strategy: 'sma-cross',
    details: { ma50: 61_702.12, ma200: 61_700.31 },
    live: true,
  };
  const [sell, buy] = await addSignals(sql, [
    { ...signal, ts: now - 150_000, side: 'sell', price: '61655.2' },
    { ...signal, ts: now - 40_000, side: 'buy', price: '61684.25' },
  ]);
  if (!sell || !buy) throw new Error('the signals were there already');

  const autopilot = 'paper-sim';
  await saveAutopilot(sql, {
    name: autopilot,
    enabled: true,
    venue: 'sim',
    interval: '1s',
    strategy: 'sma-cross',
    orderFraction: '0.1',
    fee: '0.001',
    dailyTradeLimit: 100,
  });
  await addBalance(sql, { autopilot, currency: 'USDT', opening: '100000' });
  await addDecision(sql, { autopilot, signalId: sell.id, outcome: 'skipped', reason: 'nothing to sell' });
  const orderId = await addOrder(sql, autopilot, buy.id);
  await addMail(sql, {
    key: `signal:${buy.id}`,
    kind: 'signal',
    subject: 'Buy BTC/USDT (SIM)',
    body: 'MA50 crossed MA200.',
  });
  await saveReport(sql, {
    kind: 'daily',
    day: new Date(now).toISOString().slice(0, 10),
    title: 'Daily report',
    html: '<!doctype html><title>Daily report</title><h1>Daily report</h1>',
    summary: {},
  });
  return { orderId };
}

/** Processes that say they live, as a small cluster has them; returns what ends them. */
export function addProcesses(redis: Redis, namespace: string): () => Promise<unknown> {
  const since = Date.now() - 300_000;
  const feed: FeedStatus = {
    entry: 'sim',
    venue: 'sim',
    symbols: ['BTC/USDT', 'ETH/USDT'],
    missing: [],
    state: 'live',
    reason: null,
    since,
    reconnects: 0,
  };
  const beats = [
    startHeartbeat(redis, namespace, { kind: 'sim', name: 'sim' }),
    startHeartbeat(redis, namespace, { kind: 'producer', name: 'producer-sim' }, () => ({ feeds: [feed] })),
    startHeartbeat(redis, namespace, { kind: 'pool', name: 'archive' }, () => ({
      queues: ['archive-0', 'archive-1'],
      slots: 2,
      busy: 1,
    })),
  ];
  return () => Promise.all(beats.map((beat) => beat.stop()));
}

async function addCandles(sql: Sql): Promise<void> {
  const end = Math.floor(Date.now() / 1000) * 1000;
  const times = Array.from({ length: CANDLES }, (_, index) => end - (CANDLES - index) * 1000);
  const price = (index: number) =>
    61_680 + 40 * Math.sin(index / 55) + 9 * Math.sin(index / 7) + 4 * Math.sin(index * 1.7);
  const column = (value: (index: number) => string) => `{${times.map((_, index) => value(index)).join()}}`;
  await addMarketFacts(sql, {
    venue: MARKET.venue,
    symbols: [MARKET.symbol],
    candles: {
      symbol: column(() => '1'),
      interval: column(() => MARKET.interval),
      ts: column((index) => String(times[index])),
      open: column((index) => price(index).toFixed(2)),
      close: column((index) => price(index + 1).toFixed(2)),
      high: column((index) => (Math.max(price(index), price(index + 1)) + 2.5).toFixed(2)),
      low: column((index) => (Math.min(price(index), price(index + 1)) - 2.5).toFixed(2)),
      volume: column((index) => (1 + Math.abs(Math.sin(index))).toFixed(4)),
    },
    flows: { symbol: '{1}', ts: `{${end}}`, facts: `{${JSON.stringify(JSON.stringify(FLOW))}}` },
    trades: { symbol: '{1}', ts: `{${end}}`, id: '{1}', price: '{61690.5}', size: '{0.02}', side: '{buy}' },
  });
}

async function addOrder(sql: Sql, autopilot: string, signalId: number): Promise<string> {
  const key = `autopilot:${autopilot}`;
  const lease = await acquireLease(sql, { key, holder: 'test', ttlMs: 60_000 });
  if (!lease) throw new Error('another holds the lease');
  const id = randomUUID();
  const of = { autopilot, venue: MARKET.venue, symbol: MARKET.symbol };
  await withLease(sql, lease, async (tx) => {
    const intent = { ...of, id, clientId: id, signalId, mode: 'paper', side: 'buy', size: '0.1621' } as const;
    const order = await addIntent(tx, intent, lease.token);
    await saveOrderOutcome(
      tx,
      order,
      { state: 'FILLED', filled: '0.1621', averagePrice: '61685.125', fee: '9.99915876', reason: null },
      [
        { tradeId: '1', price: '61684.5', size: '0.1', fee: '6.16845', ts: Date.now() },
        { tradeId: '2', price: '61686.13', size: '0.0621', fee: '3.83070876', ts: Date.now() },
      ],
      lease.token,
    );
    await addDecision(tx, { autopilot, signalId, outcome: 'ordered', reason: 'bought 0.1621 BTC' });
    await saveHolding(tx, of, { size: '0.1621', cost: '9999.1587', realizedPnl: '0', fees: '9.99915876' });
    await saveBalance(tx, autopilot, 'USDT', '89990.84214124');
  });
  return id;
}
